"""The U-Net: one class, with switches for what experiments compare."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from diffusion.config import NetworkConfig
from diffusion.network.embedding import noise_level_embedding

GROUP_CHANNELS = 16  # channels of one normalization group, at most 32 groups


def _group_norm(channels: int) -> nn.GroupNorm:
    groups = min(32, max(1, channels // GROUP_CHANNELS))
    while channels % groups:
        groups -= 1
    return nn.GroupNorm(groups, channels)


def _zero(layer: nn.Conv2d) -> nn.Conv2d:
    """A layer that starts by adding nothing, so that a fresh block is the identity (Ho et al. 2020's code)."""
    nn.init.zeros_(layer.weight)
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
    return layer


class Attention(nn.Module):
    """Self-attention over the pixels of [N, C, H, W], added to its input. Source: Vaswani et al. 2017, eq. 1."""

    def __init__(self, channels: int, head_channels: int) -> None:
        super().__init__()
        self.heads = max(1, channels // head_channels)
        self.norm = _group_norm(channels)
        self.qkv = nn.Conv2d(channels, 3 * channels, 1)
        self.out = _zero(nn.Conv2d(channels, channels, 1))

    def forward(self, x: Tensor) -> Tensor:
        """[N, C, H, W] -> [N, C, H, W]."""
        n, c, h, w = x.shape
        qkv = self.qkv(self.norm(x)).reshape(n, 3, self.heads, c // self.heads, h * w).transpose(3, 4)
        mixed = F.scaled_dot_product_attention(qkv[:, 0], qkv[:, 1], qkv[:, 2])
        out: Tensor = self.out(mixed.transpose(2, 3).reshape(n, c, h, w))
        return x + out


class Block(nn.Module):
    """Residual block, told its noise level (and, with film and add, its class) by the embedding.

    The noise level always acts by scale and shift (FiLM, Perez et al. 2018; as in Dhariwal and Nichol 2021). The class
    joins it there under film; under add it is only added to the features.
    """

    def __init__(self, inputs: int, outputs: int, embedding: int, config: NetworkConfig, *, attention: bool) -> None:
        super().__init__()
        self.norm1 = _group_norm(inputs)
        self.conv1 = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.modulate = nn.Linear(embedding, 2 * outputs)
        self.add_class = nn.Linear(embedding, outputs) if config.conditioning == "add" else None
        self.norm2 = _group_norm(outputs)
        self.dropout = nn.Dropout(config.dropout)
        self.conv2 = _zero(nn.Conv2d(outputs, outputs, 3, padding=1))
        self.residual = nn.Conv2d(inputs, outputs, 1) if inputs != outputs else nn.Identity()
        self.attention = Attention(outputs, min(config.head_channels, outputs)) if attention else nn.Identity()

    def forward(self, x: Tensor, embedding: Tensor, class_embedding: Tensor | None) -> Tensor:
        """x [N, inputs, H, W], embeddings [N, E] -> [N, outputs, H, W]."""
        h = self.conv1(F.silu(self.norm1(x)))
        if self.add_class is not None and class_embedding is not None:
            h = h + self.add_class(class_embedding)[:, :, None, None]
        scale, shift = self.modulate(embedding)[:, :, None, None].chunk(2, dim=1)
        h = F.silu(torch.addcmul(shift, self.norm2(h), 1 + scale))
        h = self.conv2(self.dropout(h))
        out: Tensor = self.attention(self.residual(x) + h)
        return out


class UNet(nn.Module):
    """F(x, sigma, label): pictures [N, C, H, W] of unit scale, noise levels [N], classes [N] -> [N, C, H, W].

    label counts from 0; classes (the number of them) itself means "no class". The shape follows Ho et al. 2020 and
    Dhariwal and Nichol 2021; patch works on pixel-unshuffled pictures (Hoogeboom et al. 2023, arXiv:2301.11093).
    """

    def __init__(self, config: NetworkConfig, *, size: int, picture_channels: int, classes: int) -> None:
        super().__init__()
        self.config = config
        self.classes = classes
        width = config.channels
        embedding = 4 * width
        self.embed_noise_level = nn.Sequential(nn.Linear(width, embedding), nn.SiLU(), nn.Linear(embedding, embedding))
        conditional = config.conditioning != "none"
        self.embed_class = nn.Embedding(classes + 1, embedding) if conditional else None
        pixels = picture_channels * config.patch**2
        planes = width if config.conditioning == "concat" else 0
        self.class_planes = nn.Linear(embedding, planes) if planes else None
        self.stem = nn.Conv2d(pixels + planes, width, 3, padding=1)

        widths = [width * multiplier for multiplier in config.multipliers]
        sides = [size // config.patch // 2**level for level in range(len(widths))]

        def block(inputs: int, outputs: int, side: int) -> Block:
            """A residual block for feature maps of so many pixels a side."""
            return Block(inputs, outputs, embedding, config, attention=side in config.attention)

        self.down = nn.ModuleList()
        current = width
        for outputs, side in zip(widths, sides, strict=True):
            level = nn.ModuleList()
            for _ in range(config.blocks):
                level.append(block(current, outputs, side))
                current = outputs
            self.down.append(level)
        self.middle = block(current, current, sides[-1])
        self.up = nn.ModuleList()
        for outputs, side in zip(reversed(widths), reversed(sides), strict=True):
            level = nn.ModuleList()
            for _ in range(config.blocks):
                level.append(block(current + (outputs if config.skip_connections else 0), outputs, side))
                current = outputs
            self.up.append(level)
        self.norm = _group_norm(current)
        self.out = _zero(nn.Conv2d(current, pixels, 3, padding=1))

    def forward(self, x: Tensor, sigma: Tensor, label: Tensor) -> Tensor:
        """x [N, C, H, W], sigma [N] > 0, label [N] in 0..classes -> [N, C, H, W]."""
        patch, channels = self.config.patch, self.config.channels
        embedding = self.embed_noise_level(noise_level_embedding(sigma, channels).to(x.dtype))
        class_embedding = None if self.embed_class is None else self.embed_class(label)
        if self.config.conditioning == "film":
            embedding = embedding + class_embedding
        embedding = F.silu(embedding)
        h = F.pixel_unshuffle(x, patch) if patch > 1 else x
        if self.class_planes is not None:
            planes = self.class_planes(class_embedding)[:, :, None, None].expand(-1, -1, *h.shape[2:])
            h = torch.cat([h, planes.to(h.dtype)], dim=1)
        h = self._levels(self.stem(h), embedding, class_embedding)
        h = self.out(F.silu(self.norm(h)))
        return F.pixel_shuffle(h, patch) if patch > 1 else h

    def _levels(self, h: Tensor, embedding: Tensor, class_embedding: Tensor | None) -> Tensor:
        skips: list[Tensor] = []
        for number, level in enumerate(self.down):
            if number:
                h = F.avg_pool2d(h, 2)
            for block in _blocks(level):
                h = block(h, embedding, class_embedding)
                skips.append(h)
        h = self.middle(h, embedding, class_embedding)
        for number, level in enumerate(self.up):
            if number:
                h = F.interpolate(h, scale_factor=2.0, mode="nearest")
            for block in _blocks(level):
                skip = skips.pop()
                if self.config.skip_connections:
                    h = torch.cat([h, skip], dim=1)
                h = block(h, embedding, class_embedding)
        return h


def _blocks(level: nn.Module) -> nn.ModuleList:
    """A level of down or up, which are lists of lists of blocks."""
    assert isinstance(level, nn.ModuleList)
    return level
