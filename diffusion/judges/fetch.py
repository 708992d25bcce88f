"""A CLIP model of open_clip as a folder that can be carried to a machine without a connection."""

import json
from pathlib import Path

from safetensors.torch import save_file

from diffusion.errors import UserError
from diffusion.judges.clip import CONFIG_FILE, WEIGHT_FILES, find_source, load_network


def fetch_clip(wanted: str, folder: Path) -> None:
    """Put MODEL/TAG into a folder as config and safetensors, downloaded by open_clip where its cache has it not.

    Raises UserError for a name that is unknown, a folder that is not empty, or weights that cannot be fetched.
    """
    import open_clip

    if folder.exists() and any(folder.iterdir()):
        raise UserError(f"the folder {folder} is not empty", next_command="--output another FOLDER")
    source = find_source(wanted)
    if source.model.startswith("local-dir:"):
        raise UserError(f"{wanted} is a folder already", allowed="MODEL/WEIGHTS of open_clip")
    network, _, _ = load_network(source)
    folder.mkdir(parents=True, exist_ok=True)
    # contiguous clones: safetensors keeps no tensors that share memory
    save_file(
        {key: tensor.clone().contiguous() for key, tensor in network.state_dict().items()}, folder / WEIGHT_FILES[0]
    )
    settings = {"model_cfg": open_clip.get_model_config(source.model), "preprocess_cfg": network.visual.preprocess_cfg}
    (folder / CONFIG_FILE).write_text(json.dumps(settings, indent=1) + "\n")
