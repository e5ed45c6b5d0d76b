"""Pictures that are kept back, painted again, and looked at."""

import numpy as np
import torch

from textbook_nlp.data.generators import CaptionedScenes
from textbook_nlp.lab.tasks import picture_captions as task
from textbook_nlp.lab.tasks.picture_captions import PictureCaptions

GENERATOR = CaptionedScenes(noise=0.0)


def test_what_is_kept_back_is_not_among_the_pictures_to_learn_from():
    drawn = GENERATOR.sample(1_000, 0)
    scenes = task.without(drawn, 600)
    assert len(scenes.images) == len(scenes.captions) == len(scenes.shapes) == 600
    assert not any(map(task.kept_back, scenes.shapes))
    back = [pair for pair in drawn.shapes if task.kept_back(pair)]
    assert all(
        any(shape[1:3] == task.NEVER for shape in pair)
        or {shape[1:3] for shape in pair} == set(task.APART)
        for pair in back
    )
    np.testing.assert_allclose(len(back) / 1_000, 1 - (11 / 12) ** 2 + 2 / 144, atol=0.04)
    for image, pair in zip(scenes.images[:20], scenes.shapes, strict=False):
        np.testing.assert_allclose(image, GENERATOR.picture(pair), atol=1e-6)


def test_no_scene_to_judge_by_was_learned():
    scenes = task.without(GENERATOR.sample(800, 0), 600)
    test = task.without(GENERATOR.sample(800, 0), 600, scenes)
    learned = {frozenset(pair) for pair in scenes.shapes}
    assert len(test.shapes) > 0
    assert not learned & {frozenset(pair) for pair in test.shapes}


def test_a_scene_is_painted_again_with_other_kinds_at_the_same_places():
    scenes = GENERATOR.sample(5, 1)
    again = task.recast(GENERATOR, scenes, [task.NEVER, None])
    for before, (first, second), image in zip(
        scenes.shapes, again.shapes, again.images, strict=True
    ):
        assert first == before[0]._replace(color="green", name="triangle")
        assert second == before[1]
        np.testing.assert_allclose(image, GENERATOR.picture((first, second)), atol=1e-6)


def test_weights_are_counted_on_the_cells_of_the_shapes():
    torch.manual_seed(0)
    scenes = GENERATOR.sample(30, 2)
    model = PictureCaptions("places", 1, 1, hidden_size=8).build(24)
    torch.nn.init.zeros_(model.decoder.score.v)  # every place weighs the same
    named, other = task.looks(model, scenes)
    np.testing.assert_allclose([named, other], 1 / 9, rtol=1e-5)


def test_without_sight_all_captions_are_equal():
    torch.manual_seed(0)
    scenes = GENERATOR.sample(6, 3)
    model = PictureCaptions("nothing", 1, 1, hidden_size=8).build(24)
    assert len({tuple(c) for c in task.write(model, task.encoded(scenes, "nothing").images)}) == 1
    assert task.share_true(model, scenes, "nothing") <= 1
