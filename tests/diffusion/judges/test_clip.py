"""CLIP as a judge: its preprocessing against open_clip's own, its loading, and what cannot be loaded."""

import dataclasses
import json
import shutil

import numpy as np
import open_clip
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from diffusion.config import RunConfig, with_settings
from diffusion.data.catalog import DATASETS
from diffusion.errors import UserError
from diffusion.judges import clip as module
from diffusion.judges.clip import (
    AbsentClipError,
    Clip,
    Source,
    clip_for,
    download_mb,
    fast_dtype,
    find_source,
    load_clip,
    resized_as_pillow,
    trained_name,
)
from diffusion.judges.kept import DEFAULT_CLIP, DEFAULT_MB
from tests.diffusion.judges.sets import digits

CPU = torch.device("cpu")


def tiny(side=224, **preprocess):
    """A CLIP of no knowledge at a real one's side, with a real one's mean and deviation."""
    vision = {"image_size": side, "patch_size": side // 2, "width": 32, "layers": 1, "head_width": 32}
    text = {"context_length": 77, "vocab_size": 49_408, "width": 32, "heads": 2, "layers": 1}
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = open_clip.CLIP(embed_dim=16, vision_cfg=vision, text_cfg=text)
    settings = {"size": side, "mean": open_clip.OPENAI_DATASET_MEAN, "std": open_clip.OPENAI_DATASET_STD}
    settings |= {"interpolation": "bicubic", "resize_mode": "shortest", "mode": "RGB", "fill_color": 0}
    open_clip.model.set_model_preprocess_cfg(network, settings | preprocess)
    return network


def pictures(channels, side):
    """Pictures with soft and hard edges, uint8 [4, C, side, side]."""
    generator = torch.Generator().manual_seed(channels + side)
    coarse = torch.rand(4, channels, 4, 4, generator=generator) * 255
    soft = torch.nn.functional.interpolate(coarse, side, mode="bilinear")
    soft[2:] = torch.randint(0, 256, (2, channels, side, side), generator=generator)
    return soft.round().to(torch.uint8)


def as_pillow(picture):
    """One picture as open_clip's transform takes it."""
    pixels = picture.permute(1, 2, 0).numpy()
    return Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels)


@pytest.mark.parametrize(
    ("channels", "side", "size"), [(1, 8, 224), (1, 28, 224), (3, 32, 224), (3, 256, 224), (1, 8, 8)]
)
@pytest.mark.parametrize("interpolation", ["bicubic", "bilinear"])
def test_preprocessing_equals_open_clips(channels, side, size, interpolation):
    """Gray and colour, larger and smaller than the model's side: as Pillow but for its rounding."""
    network = tiny(size, interpolation=interpolation)
    transform = open_clip.transform.image_transform_v2(
        open_clip.transform.PreprocessCfg(**network.visual.preprocess_cfg), False
    )
    given = pictures(channels, side)
    wanted = torch.stack([transform(as_pillow(one)) for one in given])
    found = Clip(Source("tiny", "", ""), network, None, "", CPU).preprocess(given)
    level = 1 / 255 / torch.tensor(open_clip.OPENAI_DATASET_STD)[:, None, None]
    assert found.shape == wanted.shape
    assert bool(((found - wanted).abs() <= 2.001 * level).all())
    assert ((found - wanted).abs() > 0.1 * level).float().mean() < 0.015


@pytest.mark.parametrize(("channels", "side"), [(1, 8), (3, 32), (3, 256)])
@pytest.mark.parametrize("interpolation", ["bicubic", "bilinear"])
def test_floats_are_resized_as_whole_levels_are(channels, side, interpolation):
    """Where only floats can be resized, as on a GPU and with gradients, the result is Pillow's but for rounding."""
    given = pictures(channels, side)
    mode = {"bicubic": Image.BICUBIC, "bilinear": Image.BILINEAR}[interpolation]
    wanted = [np.array(as_pillow(one).resize((224, 224), mode)).reshape(224, 224, -1) for one in given]
    found = resized_as_pillow(given.float() / 255, (224, 224), interpolation).permute(0, 2, 3, 1)
    apart = (255 * found - torch.from_numpy(np.stack(wanted)).float()).abs()
    assert apart.max() < 3
    assert apart.mean() < 0.4


def test_guidance_sees_what_scoring_sees(clip):
    """The embedding of a predicted picture in floats is that of the finished one in whole levels."""
    given = digits().test.pictures[:50]
    apart = clip.encode(given) - clip.encode_x0(given.float() / 127.5 - 1)
    assert apart.abs().max() < 1e-5


def test_a_folder_gives_back_what_was_saved(clip, clip_folder):
    """open_clip's own loading of the folder gives the same embeddings and logit scale."""
    network, _, _ = open_clip.create_model_and_transforms(f"local-dir:{clip_folder}")
    tokenizer = open_clip.get_tokenizer(f"local-dir:{clip_folder}")
    given = digits().test.pictures[:20]
    with torch.no_grad():
        wanted = network.eval().encode_image(clip.preprocess(given), normalize=True)
        texts = network.encode_text(tokenizer(["the digit 3", "the digit 4"]), normalize=True)
    assert torch.allclose(clip.encode(given), wanted, atol=1e-6)
    assert torch.allclose(clip.classes(["3", "4"], ["the digit {}"]), texts, atol=1e-6)
    assert clip.scale == pytest.approx(float(network.logit_scale.detach().exp()))


def test_templates_are_ensembled(clip):
    """A class's vector is the mean of its templates' unit vectors, made a unit vector again (CLIP's own notebooks)."""
    one, two = (clip.classes(["5"], [template]) for template in ("the digit {}", "a photo of {}"))
    both = (one + two) / 2
    assert torch.allclose(clip.classes(["5"], ["the digit {}", "a photo of {}"]), both / both.norm(), atol=1e-6)


def test_weights_come_from_a_file_of_a_known_model(tmp_path, monkeypatch):
    """MODEL/FILE: open_clip's config with weights from the disk."""
    config = {"embed_dim": 16, "vision_cfg": {"image_size": 32, "patch_size": 16, "width": 32, "layers": 1}}
    config["vision_cfg"]["head_width"] = 32
    config["text_cfg"] = {"context_length": 16, "vocab_size": 49_408, "width": 32, "heads": 2, "layers": 1}
    (tmp_path / "small-clip.json").write_text(json.dumps(config))
    monkeypatch.setattr(open_clip.factory, "_MODEL_CONFIG_PATHS", list(open_clip.factory._MODEL_CONFIG_PATHS))
    monkeypatch.setattr(open_clip.factory, "_MODEL_CONFIGS", dict(open_clip.factory._MODEL_CONFIGS))
    open_clip.add_model_config(tmp_path / "small-clip.json")
    file = tmp_path / "weights.safetensors"
    network = open_clip.CLIP(**config)
    save_file({key: tensor.contiguous() for key, tensor in network.state_dict().items()}, file)
    found = load_clip(f"small-clip/{file}", "digits", digits(), CPU)
    assert (found.name, found.model, found.weights) == ("small-clip/weights.safetensors", "small-clip", file.name)
    given = digits().test.pictures[:4]
    with torch.no_grad():
        wanted = network.eval().encode_image(found.preprocess(given), normalize=True)
    assert torch.allclose(found.encode(given), wanted, atol=1e-6)


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        ("ViT-B-23/openai", "unknown CLIP model 'ViT-B-23'.*did you mean ViT-B-32"),
        ("ViT-B-32/opneai", "ViT-B-32 has no weights 'opneai'.*did you mean openai"),
        ("ViT-B-32", "ViT-B-32 has no weights ''"),
    ],
)
def test_unknown_names(wanted, told):
    """The nearest name is told."""
    with pytest.raises(UserError, match=told):
        find_source(wanted)


@pytest.mark.parametrize("missing", ["open_clip_config.json", "open_clip_model.safetensors"])
def test_a_folder_without_all_its_files(tmp_path, clip_folder, missing):
    """The file that is missing is named: without weights open_clip would judge by chance, without a word."""
    folder = tmp_path / "half"
    shutil.copytree(clip_folder, folder)
    (folder / missing).unlink()
    with pytest.raises(UserError, match=r"has no (open_clip_config.json|weights)"):
        load_clip(str(folder), "digits", digits(), CPU)


def test_a_judge_for_another_data_set(clip_folder):
    """Its pictures' checksum is not that of the run's."""

    others = dataclasses.replace(digits(), checksum="0123456789abcdef")
    with pytest.raises(UserError, match=r"learned from other pictures .*workbench judge train --dataset mnist"):
        load_clip(str(clip_folder), "mnist", others, CPU)


def test_offline_and_absent(tmp_path, monkeypatch):
    """A tag's weights that cannot be downloaded: how large they are, and the command for a machine that can."""

    def no_connection(*arguments, **keywords):
        raise OSError("Name or service not known")

    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(module, "getproxies", dict)
    monkeypatch.setattr(module.socket, "create_connection", no_connection)
    with pytest.raises(UserError, match=r"\(605 MB\).*Name or service not known") as error:
        load_clip(DEFAULT_CLIP, "digits", digits(), CPU)
    assert "workbench judge fetch --model ViT-B-32 --weights datacomp_xl_s13b_b90k" in str(error.value)
    assert download_mb(DEFAULT_CLIP) == DEFAULT_MB


def test_auto_downloads_nothing(tmp_path, monkeypatch):
    """Without a judge at hand it says what there is to do, and touches no network."""
    monkeypatch.setattr(module, "_fetched", lambda source: pytest.fail("it wanted to download"))
    monkeypatch.setattr(module, "default_at_hand", lambda: False)
    with pytest.raises(AbsentClipError, match=r"workbench judge train --dataset digits.*605 MB"):
        list(clip_for(RunConfig(), digits(), tmp_path, CPU))
    assert list(tmp_path.iterdir()) == []


def test_auto_takes_the_judge_that_was_trained_here(clip_judges):
    """It is named as what it is."""
    made = list(_returned(clip_for(RunConfig(), digits(), clip_judges, CPU)))
    assert made[-1].name == "clip-digits-trained-here"
    training = with_settings(RunConfig(), {"judges.train": True})
    assert len(list(clip_for(training, digits(), clip_judges, CPU))) == 0  # none is trained anew


def _returned(work):
    found = yield from work
    yield found


def test_the_names_of_trained_judges():
    """By data set; by shape too where that is not the data set's own."""

    assert trained_name("digits", digits()) == "clip-digits-trained-here"
    larger = dataclasses.replace(digits().train, pictures=torch.zeros(1, 3, 16, 16, dtype=torch.uint8))
    assert trained_name("digits", dataclasses.replace(digits(), train=larger)) == "clip-digits-16x16x3-trained-here"
    assert DATASETS["digits"].size == 8


def test_bfloat16_only_where_it_pays(monkeypatch):
    """A large tower on a CPU with bfloat16 units, never a small one."""
    monkeypatch.setattr(module, "cpu_has_bfloat16", lambda: True)
    assert fast_dtype(87_000_000, CPU) == torch.bfloat16
    assert fast_dtype(200_000, CPU) == torch.float32
    monkeypatch.setattr(module, "cpu_has_bfloat16", lambda: False)
    assert fast_dtype(87_000_000, CPU) == torch.float32


def test_bfloat16_changes_no_score_by_a_thousandth(clip, clip_folder, monkeypatch):
    """The same pictures and prompts in both dtypes."""
    monkeypatch.setattr(module, "fast_dtype", lambda parameters, device: torch.bfloat16)
    network, tokenizer, _ = module.load_network(find_source(str(clip_folder)))
    fast = Clip(find_source(str(clip_folder)), network, tokenizer, "", CPU)
    given = digits().test.pictures[:200]
    classes = clip.classes(digits().class_names, ["the digit {}"])
    apart = (fast.encode(given) - clip.encode(given)) @ classes.T
    assert np.abs(apart.numpy()).mean() < 1e-3
