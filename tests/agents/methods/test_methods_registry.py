"""What a person may choose from, told in one sentence each."""

import typing

from agents.methods import METHODS
from graph.turns import Method


def test_the_registry_names_the_methods_that_the_graph_takes() -> None:
    assert tuple(METHODS) == typing.get_args(Method)


def test_each_purpose_is_one_sentence() -> None:
    for purpose in METHODS.values():
        assert purpose.endswith(".") and purpose.count(". ") == 0
