"""Stories: spans, probabilities, and that a question names what pronouns stand for."""

import numpy as np
import pytest

from textbook_nlp.data.generators import Stories
from textbook_nlp.data.generators import stories as words_of

MANY = Stories().sample(2_000, 0)
BY_HAND = {
    "yuto went to the station on sunday . he hid a green kettle there . "
    "noor hid a green basket there .": [
        "who went to the station on sunday ?",
        "where did yuto go on sunday ?",
        "when did yuto go to the station ?",
        "what did yuto hide at the station ?",
        "who hid the green basket at the station ?",
        "what did noor hide at the station ?",
    ],
    "emil went to the bridge on friday . he bought a small lamp at the station . "
    "he hid it there . he lost it in the garden .": [
        "who went to the bridge on friday ?",
        "where did emil go on friday ?",
        "when did emil go to the bridge ?",
        "what did emil buy at the station ?",
        "where did emil buy the small lamp ?",
        "where did emil lose the small lamp ?",
    ],
}


def test_stories_and_questions_done_by_hand():
    drawn = {
        " ".join(story.words): [" ".join(answer.question) for answer in story.answers]
        for story in Stories().sample(8, 1)
    }
    assert {story: drawn[story] for story in BY_HAND} == BY_HAND


def test_pieces_are_apart_in_order_and_of_their_kind():
    kinds = {"who": words_of.PEOPLE, "where": words_of.PLACES, "when": words_of.DAYS}
    for words, answers, asked in MANY:
        assert 0 <= asked < len(answers)
        ends = [at for answer in answers for at in (answer.start, answer.end)]
        assert ends == sorted(ends)
        assert words.count(".") <= 4
        for _, end, kind, _, question in answers:
            assert words[end - 1] in kinds.get(kind, words_of.THINGS)
            assert question[0] == kind
            assert question[-1] == "?"
            assert words[end - 1] not in question


def test_a_question_names_whom_a_pronoun_stands_for():
    pronouns = 0
    for words, answers, _ in MANY:
        assert "it" not in words[: words.index(".")]
        for start, _, kind, _, question in answers:
            if kind == "who":
                continue
            before = words[:start]
            subject = max(i for i, w in enumerate(before) if w in {"she", "he", *words_of.PEOPLE})
            (name,) = [word for word in question if word in words_of.PEOPLE]
            assert name == [word for word in before if word in words_of.PEOPLE][-1]
            assert before[subject] in (name, words_of.PEOPLE[name])
            pronouns += before[subject] != name
    assert pronouns > 500


def test_each_piece_is_asked_for_as_often_as_it_says():
    counted = np.zeros(2)
    for _, answers, asked in MANY:
        np.testing.assert_allclose(sum(answer.probability for answer in answers), 1)
        first = [answer.probability for answer in answers if answer.kind == "who"]
        counted += [sum(first), answers[asked].kind == "who"]
        for answer in answers:
            ratio = answer.probability / answers[0].probability
            weights = words_of.WEIGHTS[answer.kind] / words_of.WEIGHTS[answers[0].kind]
            np.testing.assert_allclose(ratio, weights)
    expected, found = counted / len(MANY)
    assert abs(found - expected) < 4 * np.sqrt(0.25 / len(MANY))


def test_who_acts_follows_its_probability():
    for p, pronouns in ((0.0, False), (1.0, True)):
        for words, _, _ in Stories(max_sentences=3, p_same=p).sample(50, 0):
            assert ("she" in words or "he" in words) == pronouns
            assert words.count(".") in (2, 3)


@pytest.mark.usefixtures("shapes_unchecked")
@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: Stories(max_sentences=1), ValueError, "max_sentences is 1"),
        (lambda: Stories(p_same=-0.1), ValueError, "p_same is -0.1"),
        (lambda: Stories().optimum("accuracy"), ValueError, "expected 'exact_match'"),
    ],
)
def test_wrong_parameters_are_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()
