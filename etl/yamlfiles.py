"""YAML files into pydantic models, with the line of every fault and words about what YAML made of a code."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from etl.problems import Problems, quoted
from etl.readers import read_text

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_Model = TypeVar("_Model", bound=BaseModel)
KeyPath = tuple[str | int, ...]


class Located:
    """A parsed YAML file that knows the line and the raw text of each of its values.

    Attributes
    ----------
    value : Any
        What YAML reads.
    """

    def __init__(self, value: Any, lines: dict[KeyPath, int], raw: dict[KeyPath, str]) -> None:
        self.value = value
        self._lines = lines
        self._raw = raw

    def line(self, path: KeyPath) -> int:
        """Return the line of the value at a path, or of the nearest value around it."""
        while path and path not in self._lines:
            path = path[:-1]
        return self._lines.get(path, 1)

    def below(self, step: str | int) -> Located:
        """Return the value under a key or index, with lines relative to it."""
        lines = {path[1:]: line for path, line in self._lines.items() if path[:1] == (step,)}
        raw = {path[1:]: text for path, text in self._raw.items() if path[:1] == (step,)}
        return Located(self.value[step], lines, raw)

    def raw(self, path: KeyPath) -> str | None:
        """Return the text of a scalar as it stands in the file."""
        return self._raw.get(path)


def _walk(node: Any, path: KeyPath, lines: dict[KeyPath, int], raw: dict[KeyPath, str], doubled: list[KeyPath]) -> None:
    lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            inner = (*path, str(key.value))
            if inner in lines:
                doubled.append(inner)
            lines[inner] = key.start_mark.line + 1
            _walk(value, inner, lines, raw, doubled)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            _walk(value, (*path, index), lines, raw, doubled)
    else:
        raw[path] = node.value


def read_yaml(path: Path, file: str, problems: Problems) -> Located | None:
    """Read a YAML file.

    Parameters
    ----------
    path : pathlib.Path
    file : str
        Its name in messages.
    problems : Problems

    Returns
    -------
    Located or None
        None if the file cannot be read, is no YAML or has a key twice, with the problem added.
    """
    text = read_text(path, file, "a YAML file", problems)
    if text is None:
        return None
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        lines: dict[KeyPath, int] = {}
        raw: dict[KeyPath, str] = {}
        doubled: list[KeyPath] = []
        if node is not None:
            _walk(node, (), lines, raw, doubled)
        value = loader.construct_document(node) if node is not None else None
    except (yaml.YAMLError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        problems.add(
            file,
            mark.line + 1 if mark else 1,
            "",
            found=f"text that is no YAML ({getattr(error, 'problem', error)})",
            expected="YAML",
            remedy="Check indentation, colons and quotes on this line.",
        )
        return None
    finally:
        loader.dispose()
    for inner in doubled:
        problems.add(
            file,
            lines[inner],
            ".".join(map(str, inner)),
            found="the key twice",
            expected="each key once",
            remedy="Remove one of them.",
        )
    return None if doubled else Located(value, lines, raw)


def _known_keys(model: type[BaseModel], location: KeyPath) -> list[str]:
    """Return the keys that the model of the mapping around `location` knows."""
    current: Any = model
    for step in location[:-1]:
        if isinstance(step, str) and isinstance(current, type) and issubclass(current, BaseModel):
            field = current.model_fields.get(step)
            current = _model_of(field.annotation) if field is not None else None
    return list(current.model_fields) if isinstance(current, type) and issubclass(current, BaseModel) else []


def _model_of(annotation: Any) -> Any:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    inner = (_model_of(argument) for argument in getattr(annotation, "__args__", ()))
    return next((found for found in inner if found is not None), None)


def _words(error: Any, located: Located | None, model: type[BaseModel]) -> tuple[str, str, str]:
    """Return found, expected and remedy of one pydantic error."""
    location: KeyPath = tuple(error["loc"])
    name = str(location[-1]) if location else ""
    if error["type"] == "extra_forbidden":
        near = difflib.get_close_matches(name, _known_keys(model, location), 1)
        return (
            f"the unknown key {quoted(name)}",
            "only known keys",
            f"Write {quoted(near[0])} instead." if near else "Remove the key, or correct its name.",
        )
    if error["type"] == "missing":
        return "no such key", f"the key {quoted(name)}", "Add the key."
    raw = located.raw(location) if located is not None else None
    value = error["input"]
    if error["type"] == "string_type" and raw is not None:
        return (
            f"{raw}, which YAML reads as {value!r}" if str(value) != raw else raw,
            "text",
            f'Put the code into quotes: "{raw}".',
        )
    shown = (
        quoted(raw) if raw is not None else type(value).__name__ if isinstance(value, dict | list) else quoted(value)
    )
    return shown, error["msg"].removeprefix("Value error, "), "Correct the value."


def parse_model(
    model: type[_Model], value: Any, file: str, problems: Problems, located: Located | None = None
) -> _Model | None:
    """Check a parsed value against a model; None and problems with lines if it does not fit.

    Parameters
    ----------
    model : type of pydantic.BaseModel
    value : Any
    file : str
        Its name in messages.
    problems : Problems
    located : Located, optional
        Where the value was read from; without it, messages name keys but no lines.

    Returns
    -------
    pydantic.BaseModel or None
    """
    try:
        return model.model_validate(value)
    except ValidationError as error:
        for fault in error.errors(include_url=False, include_context=False):
            location = tuple(fault["loc"])
            found, expected, remedy = _words(fault, located, model)
            problems.add(
                file,
                located.line(location) if located is not None else None,
                ".".join(map(str, location)),
                found=found,
                expected=expected,
                remedy=remedy,
            )
        return None


def list_yaml(directory: Path) -> Iterable[Path]:
    """Return the YAML files of a directory, sorted by name."""
    return sorted(path for path in directory.glob("*") if path.suffix in (".yml", ".yaml"))
