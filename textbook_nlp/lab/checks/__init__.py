"""How an exercise is checked, and how a hint names the mistake that was made."""

from textbook_nlp.lab.checks.calls import call
from textbook_nlp.lab.checks.core import Check, Result, checks
from textbook_nlp.lab.checks.expect import expect
from textbook_nlp.lab.checks.forms import any_of, check, check_function, check_value
from textbook_nlp.lab.checks.values import Hint, NotTried, as_array

__all__ = [
    "Check",
    "Hint",
    "NotTried",
    "Result",
    "any_of",
    "as_array",
    "call",
    "check",
    "check_function",
    "check_value",
    "checks",
    "expect",
]
