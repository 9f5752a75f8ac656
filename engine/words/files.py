"""What the engine says of files of weights and of the text encoder's files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from engine.published import Role


# -- files of a model

ROLES: Mapping[Role, str] = {
    "generator": "generator",
    "adapter": "adapter",
    "VACE module": "VACE module",
    "autoencoder": "autoencoder",
    "text encoder": "text encoder",
    "tokenizer": "tokenizer",
}
"""What a file is to a model."""


def no_folder(model: str, name: str) -> str:
    return (
        f"{model} needs its weights, and no folder of models is chosen, so it was not loaded: name the folder that"
        f" holds them, as with --models FOLDER; {_doctor(name)}."
    )


def folder_gone(folder: Path, model: str) -> str:
    return (
        f"The folder of models {folder} is not there, so {model} was not loaded: connect its disk or choose another"
        " folder."
    )


def files_missing(model: str, name: str, folder: Path, roles: Sequence[Role]) -> str:
    """roles: of those that are missing, at least one."""
    missing = [ROLES[role] for role in roles]
    what = f"{', '.join(missing[:-1])} or {missing[-1]}" if len(missing) > 1 else missing[0]
    return f"{model} was not loaded, for neither {folder} nor a folder below it holds its {what}; {_doctor(name)}."


def _doctor(name: str) -> str:
    return f"`vace-live doctor --model {name} --models FOLDER` names the files and their sources"


def part_of(role: Role, model: str) -> str:
    return f"the {ROLES[role]} of {model}"


def get_from(source: str) -> str:
    return f"get {source} from Hugging Face in its place"


THE_STARTER = "the starter"
INSTALL_AGAIN = "install VACE Live again, or choose another model"


def starter_damaged(path: Path) -> str:
    return (
        f"{path.name} of the starter is missing or damaged in {path.parent}, so the starter was not loaded:"
        f" {INSTALL_AGAIN}."
    )


# -- what a file most likely is

A_LORA = "a LoRA"
A_TRANSFORMER, A_VACE_MODULE = "a text-to-video transformer", "a VACE module"
AN_IMAGE_TRANSFORMER, A_FULL_VACE = "an image-to-video transformer", "a full VACE checkpoint"
A_TEXT_ENCODER, A_TINY_AUTOENCODER = "a UMT5 text encoder", "a tiny autoencoder"


def of_size(kind: str, size: str) -> str:
    return f"{kind} of {size}"


def of_width(width: int) -> str:
    return f"width {width}"


def a_wan_autoencoder(width: int) -> str:
    return f"a Wan autoencoder of width {width}"


# -- what does not fit a network


def misfit(file: str, part: str, key: str, found: str, expected: str, kind: str | None, remedy: str) -> str:
    """kind: what the file most likely is."""
    looks = f" (the file looks like {kind})" if kind else ""
    return f"{file} cannot be {part}: {key} is {found}, expected {expected}{looks}; the model was not loaded: {remedy}."


MISSING, ONCE, NO_SUCH_KEY = "missing", "once", "no such key"
FLOATING_POINT, A_FACTOR = "floating point numbers", "a LoRA factor"
ONE_NUMBER = "one number"


def numbers(shape: str) -> str:
    return f"{shape} numbers"


def twice(one: str, other: str) -> str:
    return f"there twice, as {one} and as {other}"


def of_type(shape: str, dtype: str) -> str:
    return f"{shape} of {dtype}"


def one_number_or_rows(rows: int) -> str:
    return f"one number or one for each of {rows} rows"


# -- files of weights


def unreadable(file: str, fault: str) -> str:
    return f"{file} cannot be read ({fault}) and was not loaded: see that it is there and its disk connected."


def unreadable_tensor(name: str, file: str, fault: str) -> str:
    return f"{name} cannot be read from {file} ({fault}), which was not loaded: see that its disk is connected."


def not_weights(file: str, what: str) -> str:
    """what: one of those below."""
    return f"{file} {what}, expected weights, and was not loaded: download the file again."


IS_EMPTY = "is empty"
IS_LFS_POINTER = "is a git-lfs pointer, a note of where the weights lie"
IS_WEB_PAGE = "is a web page"
IS_GGUF = "is a GGUF file, which the engine does not read"
IS_ZEROS = "begins with nothing but zeros, as a download does that never finished"
IS_UNSAFE = "holds more than plain weights or is damaged, and such files are not opened for safety's sake"
IS_CUT_OR_DAMAGED = "is cut short or damaged"
HOLDS_NO_TENSOR = "holds no tensor by name"


def holds_neither(size: int) -> str:
    return f"holds {size} bytes that are neither safetensors nor a PyTorch file"


def has_bad_header(fault: str) -> str:
    return f"has a header that is damaged or newer than this program ({fault})"


def is_no_index(fault: str) -> str:
    return f"is no index of weights ({fault})"


def shard_missing(shard: str, file: str, count: int) -> str:
    return (
        f"{shard} is missing beside {file}, expected all {count} parts of that checkpoint, and was not loaded: download"
        " that part too."
    )


def shard_lacks(shard: str, name: str, index: str) -> str:
    return (
        f"{shard} does not hold {name}, expected by {index}, and was not loaded: download both again, from one place."
    )


def cut_short(file: str, found: int, expected: int) -> str:
    return f"{file} is cut short at {found} bytes, expected {expected}, and was not loaded: download the file again."


# -- prompts

PUT_TOKENIZER = "put tokenizer.json of google/umt5-xxl there"
GET_ENCODER = (
    "get models_t5_umt5-xxl-enc-bf16.pth and the folder google/umt5-xxl, both of Wan-AI/Wan2.1-T2V-1.3B on Hugging Face"
)
IN_ENCODERS_FILE = "in the text encoder's file"
IS_CHOSEN = "is chosen"


def is_at(path: Path) -> str:
    return f"is at {path}"


def prompts_unread(why: str) -> str:
    return f"New prompts cannot be read, so the picture does not follow them: {why}"


def no_text_encoder(where: str) -> str:
    """where: one of the two above."""
    return f"no text encoder {where}; {GET_ENCODER}."


def tokens_beyond(number: int, rows: int) -> str:
    return (
        f"the tokenizer gives the number {number}, the text encoder has {rows} rows, so they do not belong together;"
        f" {GET_ENCODER}."
    )


NO_TOKENIZER = f"no tokenizer is chosen and the text encoder's file carries none; {GET_ENCODER}."


def no_tokenizer_at(source: Path) -> str:
    return f"there is no tokenizer at {source}; {PUT_TOKENIZER}."


def no_end_mark(name: str, mark: str) -> str:
    return f"the tokenizer {name} has no end mark {mark}, so it is not UMT5's; {PUT_TOKENIZER}."


def tokenizer_unreadable(where: str, fault: str) -> str:
    return f"the tokenizer {where} cannot be read ({fault}): it is damaged or of another kind; {PUT_TOKENIZER}."


def not_umt5(file: str, name: str, expected: str, found: str) -> str:
    return (
        f"{file} is not UMT5-XXL's encoder, whole and unchanged: under {name} {expected} was expected and {found}"
        " found; put the right file there, or download it again."
    )


NOTHING, NOTHING_OF_THAT_NAME = "nothing", "nothing of that name"


def a_tensor_of(size: str) -> str:
    return f"a tensor of {size}"


def one_of(what: str) -> str:
    return f"one of {what}"


def one_number_or(count: int) -> str:
    return f"one number or {count}"
