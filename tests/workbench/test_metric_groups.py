"""Which metrics share a chart."""

from workbench.metric_groups import group_of, grouped, is_system


def test_training_and_validation_of_the_same_quantity_share_one():
    """Training, then validation, in the same colours everywhere; charts of losses first."""
    names = ["val/x0_loss", "lr", "train/bank_loss", "val/loss", "train/loss", "system/cpu_percent"]
    assert grouped(names) == {
        "loss": ["train/loss", "val/loss", "train/bank_loss"],
        "x0_loss": ["val/x0_loss"],
        "cpu_percent": ["system/cpu_percent"],
        "lr": ["lr"],
    }


def test_what_tells_of_the_machine():
    assert is_system("system/gpu_percent")
    assert is_system("images_per_s")
    assert not is_system("train/loss")
    assert group_of("train/loss") == group_of("val/loss") == "loss"
