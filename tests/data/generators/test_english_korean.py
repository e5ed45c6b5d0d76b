"""English and Korean: words, order and particles, by the lexicon and by sentences done by hand."""

from itertools import pairwise

import pytest

from textbook_nlp.data.generators import EnglishKorean, attach_particles
from textbook_nlp.data.generators import english_korean as lexicon
from textbook_nlp.text.hangul import split_syllable

MANY = EnglishKorean().sample(3_000, 0)
TABLES = (lexicon.BEINGS, lexicon.THINGS, lexicon.ADJECTIVES, lexicon.DETERMINERS, *lexicon.TIMES)


def known_translations():
    """For each English word all that can stand for it, from the lexicon."""
    known = {english: {korean} for table in TABLES for english, korean in table.items()}
    known |= {english: {noun} for english, (noun, _) in lexicon.WORN.items()}
    known |= {english: {korean} for (_, english), korean in lexicon.PLACES.items()}
    known |= {word: {"-에서"} for word, _ in lexicon.PLACES}
    known |= {"of": {"-의"}, "old": set(lexicon.OLD.values())}
    for said, verb in (lexicon.SEEN | lexicon.DONE).items():
        known |= {said[0]: {verb[0]}, said[1]: set(verb[1:])}
    worn = [verb for _, verb in lexicon.WORN.values()]
    known[lexicon.WEARS[0]] = {verb[0] for verb in worn}
    return known | {lexicon.WEARS[1]: {word for verb in worn for word in verb[1:]}}


BY_HAND = {
    "the rabbit laughed": "토끼가 웃었다",
    "this bird finds the old lamp": "이 새가 낡은 등불을 찾는다",
    "this old fox that wore the coat cries": "외투를 입은 이 늙은 여우가 운다",
    "the bird that drew this bird cries now": "지금 이 새를 그린 새가 운다",
    "this girl that saw every teacher of this fox found this dog": (
        "이 여우의 모든 선생님을 본 이 소녀가 이 개를 찾았다"
    ),
    "the friend that liked the cat wears this shoe on the hill now": (
        "지금 고양이를 좋아한 친구가 언덕에서 이 신발을 신는다"
    ),
}


def test_sentences_done_by_hand():
    drawn = {" ".join(t.english): attach_particles(t.korean) for t in EnglishKorean().sample(30, 1)}
    assert {english: drawn[english] for english in BY_HAND} == BY_HAND


def test_every_word_stands_for_one_of_its_translations():
    known = known_translations()
    for english, korean, alignment in MANY:
        sources = [i for i in alignment if i is not None]
        assert len(set(sources)) == len(sources)
        unsaid = {english[i] for i in range(len(english)) if i not in sources}
        assert unsaid <= {"the", "that"}
        for word, source in zip(korean, alignment, strict=True):
            if source is None:
                assert word in lexicon.SUBJECT + lexicon.OBJECT
            else:
                assert word in known[english[source]]


def test_particles_go_with_the_last_letter_of_their_noun():
    seen = set()
    for _, korean, _ in MANY:
        assert not korean[0].startswith("-")
        for noun, particle in pairwise(korean):
            if particle in lexicon.SUBJECT + lexicon.OBJECT:
                closed = split_syllable(noun[-1])[2] > 0
                assert particle in ("-이", "-을") if closed else particle in ("-가", "-를")
                seen.add(particle)
        assert sum(word in lexicon.SUBJECT for word in korean) == 1
    assert seen == {"-이", "-가", "-을", "-를"}


def test_words_that_english_does_not_tell_apart_follow_their_noun():
    worn = {verb[form]: noun for noun, verb in lexicon.WORN.values() for form in range(3)}
    for _, korean, _ in MANY:
        for i, word in enumerate(korean):
            if word in worn:
                assert worn[word] in korean[i - 2 : i]
            if word in lexicon.OLD.values():
                being = korean[i + 1] in lexicon.BEINGS.values()
                assert word == lexicon.OLD["being" if being else "thing"]


def test_an_english_sentence_has_one_translation():
    found = {}
    for english, korean, _ in MANY:
        assert found.setdefault(tuple(english), korean) == korean
    assert len(found) > 0.9 * len(MANY)


def test_probabilities_switch_parts_off_and_on():
    plain = EnglishKorean(p_clause=0.0, p_owner=0.0, p_adjective=0.0, p_place=0.0, p_time=0.0)
    assert max(len(t.english) for t in plain.sample(200, 0)) == 5
    for count in (0, 1, 3):
        deep = EnglishKorean(p_clause=1.0, max_clauses=count).sample(100, 0)
        assert max(t.english.count("that") for t in deep) == count


@pytest.mark.usefixtures("shapes_unchecked")
@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"p_owner": 1.5}, ValueError, "p_owner is 1.5"),
        ({"max_clauses": -1}, ValueError, "max_clauses is -1"),
        ({"max_clauses": 0.5}, TypeError, "max_clauses is 0.5"),
    ],
)
def test_wrong_parameters_are_refused(options, error, message):
    with pytest.raises(error, match=message):
        EnglishKorean(**options)


@pytest.mark.usefixtures("shapes_unchecked")
def test_only_two_things_have_an_optimum():
    assert EnglishKorean().optimum("cross_entropy").value == 0
    with pytest.raises(ValueError, match="expected 'exact_match' or 'cross_entropy'"):
        EnglishKorean().optimum("perplexity")
