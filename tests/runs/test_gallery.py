"""Pictures from where the last look ended."""

from runs.gallery import newer_images
from runs.ingest import ingest
from runs.store import Store


def test_only_newer_ones_of_the_kinds(home, recorded):
    """In the order they were recorded."""
    with Store.write(home) as store:
        ingest(store, recorded.path)
        run = store.find("first").number
        everything = store.images(store.find("first"))
        previews = newer_images(store, run, 0, ("preview",))
        assert previews == [one for one in everything if one.kind == "preview"]
        last = previews[-1].number
        assert newer_images(store, run, last, ("preview",)) == []
        assert newer_images(store, run, last, ("sample", "preview")) == [one for one in everything if one.number > last]
        assert newer_images(store, run + 1, 0, ("sample",)) == []
