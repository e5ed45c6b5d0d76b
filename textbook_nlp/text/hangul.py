"""Hangul by arithmetic: each of the 11,172 syllables is a number with three digits, its letters.

A syllable has an initial consonant (19 of them), a medial vowel (21) and perhaps a final consonant
(27, or none). Unicode numbers the syllables in that order, so division finds the letters.
"""

from dataclasses import dataclass
from typing import Literal

from textbook_nlp.text.words import check_text

FIRST_SYLLABLE = 0xAC00  # 가
FIRST_INITIAL, FIRST_MEDIAL, FIRST_FINAL = 0x1100, 0x1161, 0x11A7  # a final of 0 is none
INITIALS, MEDIALS, FINALS = 19, 21, 28
SYLLABLES = INITIALS * MEDIALS * FINALS

# The same letters as a keyboard types them, the compatibility jamo.
INITIAL_LETTERS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
MEDIAL_LETTERS = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
FINAL_LETTERS = ("", *"ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ")


def is_syllable(character: str) -> bool:
    """Say whether `character` is one of the 11,172 whole syllables."""
    return len(character) == 1 and 0 <= ord(character) - FIRST_SYLLABLE < SYLLABLES


def split_syllable(syllable: str) -> tuple[int, int, int]:
    """Return the numbers of the initial, the medial and the final (0: none).

    Example:
        >>> split_syllable("한")
        (18, 0, 4)

    Raises:
        ValueError: if `syllable` is no whole syllable.

    Source: The Unicode Standard, section 3.12.
    Taught in: chapter 01.
    """
    if not is_syllable(syllable):
        raise ValueError(f"{syllable!r} is no whole Hangul syllable: expected one of 가 to 힣")
    rest, final = divmod(ord(syllable) - FIRST_SYLLABLE, FINALS)
    initial, medial = divmod(rest, MEDIALS)
    return initial, medial, final


def join_syllable(initial: int, medial: int, final: int = 0) -> str:
    """Return the syllable with these letters: the inverse of `split_syllable`.

    Example:
        >>> join_syllable(18, 0, 4)
        '한'

    Raises:
        ValueError: if a number is out of range.

    Source: The Unicode Standard, section 3.12.
    """
    if not (0 <= initial < INITIALS and 0 <= medial < MEDIALS and 0 <= final < FINALS):
        raise ValueError(
            f"({initial}, {medial}, {final}) is no syllable: need an initial below {INITIALS}, "
            f"a medial below {MEDIALS}, a final below {FINALS}"
        )
    return chr(FIRST_SYLLABLE + (initial * MEDIALS + medial) * FINALS + final)


def to_jamo(text: str) -> str:
    """Write each syllable as its two or three jamo; all else stays.

    These jamo say where in the syllable they stand (the initial ᄀ is not the final ᆨ), so
    `from_jamo` can put them together again.

    Raises:
        TypeError: if `text` is not a str.
        ValueError: if `text` holds a lone surrogate.

    Source: The Unicode Standard, section 3.12; equal to NFD on Hangul.
    """
    return "".join(map(_jamo, check_text(text)))


def _jamo(character: str) -> str:
    """Return the jamo of a syllable, or the character itself."""
    if not is_syllable(character):
        return character
    initial, medial, final = split_syllable(character)
    jamo = chr(FIRST_INITIAL + initial) + chr(FIRST_MEDIAL + medial)
    return jamo + chr(FIRST_FINAL + final) if final else jamo


def from_jamo(text: str) -> str:
    """Join jamo to syllables wherever they make one; all else stays.

    Example:
        >>> from_jamo(to_jamo("한글 OK"))
        '한글 OK'

    Raises:
        TypeError: if `text` is not a str.
        ValueError: if `text` holds a lone surrogate.

    Source: The Unicode Standard, section 3.12; equal to NFC on Hangul.
    """
    joined: list[str] = []
    for character in check_text(text):
        last = joined[-1] if joined else ""
        medial = ord(character) - FIRST_MEDIAL
        final = ord(character) - FIRST_FINAL
        if last and 0 <= ord(last) - FIRST_INITIAL < INITIALS and 0 <= medial < MEDIALS:
            joined[-1] = join_syllable(ord(last) - FIRST_INITIAL, medial)
        elif is_syllable(last) and split_syllable(last)[2] == 0 and 0 < final < FINALS:
            joined[-1] = chr(ord(last) + final)
        else:
            joined.append(character)
    return "".join(joined)


def to_letters(text: str) -> str:
    """Write each syllable in the letters of a keyboard (compatibility jamo); all else stays.

    Initial and final ㄱ become one letter here, which makes a smaller alphabet, but what a letter
    closes or begins is no longer written.

    Example:
        >>> to_letters("한글")
        'ㅎㅏㄴㄱㅡㄹ'

    Raises:
        TypeError: if `text` is not a str.
        ValueError: if `text` holds a lone surrogate.

    Taught in: chapter 01.
    """
    return "".join(map(_letters, check_text(text)))


def _letters(character: str) -> str:
    """Return the keyboard letters of a syllable, or the character itself."""
    if not is_syllable(character):
        return character
    initial, medial, final = split_syllable(character)
    return INITIAL_LETTERS[initial] + MEDIAL_LETTERS[medial] + FINAL_LETTERS[final]


@dataclass(frozen=True)
class SyllableTokenizer:
    """Cut text into characters, with jamo joined to whole syllables first.

    Example:
        >>> SyllableTokenizer().tokenize("한글 A")
        ['한', '글', ' ', 'A']
    """

    def tokenize(self, text: str) -> list[str]:
        """Return the characters; errors are those of `from_jamo`."""
        return list(from_jamo(text))


@dataclass(frozen=True)
class JamoTokenizer:
    """Cut text into the letters of its syllables, and all else into characters.

    Args:
        letters: "jamo" tells initials from finals, and `from_jamo` restores every syllable;
            "keyboard" writes both with one letter.

    Example:
        >>> JamoTokenizer("keyboard").tokenize("한글 A")
        ['ㅎ', 'ㅏ', 'ㄴ', 'ㄱ', 'ㅡ', 'ㄹ', ' ', 'A']
    """

    letters: Literal["jamo", "keyboard"] = "jamo"

    def tokenize(self, text: str) -> list[str]:
        """Return the letters; errors are those of `to_jamo`."""
        return list(to_jamo(text) if self.letters == "jamo" else to_letters(text))
