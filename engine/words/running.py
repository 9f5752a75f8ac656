"""What the engine says of itself while it comes up and paints, of its settings and of memory."""

from __future__ import annotations

from collections.abc import Sequence

# -- the host


def no_memory(task: str, what_now: str) -> str:
    return f"There is not enough memory to {task}{what_now}"


def failed(task: str, fault: str, what_now: str) -> str:
    """fault: an error's kind and text."""
    return f"The engine could not {task} ({fault}){what_now}"


# Tasks, in what follows "There is not enough memory to ..." and "The engine could not ...".
LOAD = "load the model"
SEE_MEMORY = "see how much memory is free"
PAINT = "paint this chunk"
REMEMBER = "remember this chunk"
BEGIN_AUDITION = "begin the audition"
PAINT_AUDITION = "paint the audition"
REMEMBER_AUDITION = "remember the audition"

# What ends the two sentences: that of memory, and the other.
LOADING_ENDS = ("; choose a smaller size, fp8 precision or offloading.", ".")
PAINTING_ENDS = ("; the last picture stays. Choose a smaller size.", "; the last picture stays. It starts again.")
REMEMBERING_ENDS = (
    "; the picture begins anew. Choose a smaller size.",
    "; the picture begins anew and the show goes on.",
)
AUDITION_ENDS = ("; the show goes on without it. Choose a smaller size.", "; the show goes on without it.")

AUDITION_ENDED = "The audition has ended; nothing more of it is painted."
NOTHING_LOADED = "The engine has no model loaded; nothing new is painted until it has."
NOT_COMPILED = (
    "The model could not be compiled for this GPU, so it goes on as it is and paints more slowly; the log says why."
)
NOT_RECORDED = (
    "The model's passes could not be recorded on this GPU, so it goes on without that and paints more slowly; the log"
    " says why."
)


def audition_too_large(need: str, free: str) -> str:
    return (
        f"An audition takes {need} beside the show and {free} is free, so it is not painted; the show goes on."
        " Choose a smaller size."
    )


def model_too_large(model: str, size: str, need: str, device: str, there: str) -> str:
    return (
        f"{model} at {size} takes {need} and {device} has {there}, so it was not loaded; choose a smaller size, fp8"
        " precision or offloading."
    )


def wrong_pictures(found: Sequence[int], expected: Sequence[int]) -> str:
    return f"The engine was handed pictures of shape {found}, expected {expected}."


# -- what goes on while a model comes up

ADDING_UP = "adding up its memory"
COMPILING = "compiling its blocks"
READING_PROMPT = "reading the prompt"
TRYING_OUT = "trying it out"
CHECKING_TEXT_ENCODER = "checking the text encoder"
CHECKING_STARTER, READING_STARTER = "checking the starter", "reading the starter"


def making_faster(done: int, of: int) -> str:
    """done: of so many parts of it. While the show goes on."""
    return f"making the engine faster, {done} of {of}"


def reading(model: str) -> str:
    return f"reading {model}"


def checking(file: str) -> str:
    return f"checking {file}"


def checking_files(model: str) -> str:
    return f"checking the files of {model}"


# -- models

UNTRAINED = "untrained weights"
STREAMDIFFUSION_LACKS = (
    "made for repainting a source; its own uneven steps (700, 500) and its renewing sink are not built in"
)
NOT_COMMERCIAL = "CC-BY-NC-SA-4.0 (not for commercial use)"
SEE_THERE = "as its page states"
FP8_ON_APPLE = "Apple GPUs cannot hold fp8 weights, so the model does not come up; choose bf16 precision."


def no_model(name: str, models: Sequence[str]) -> str:
    return f"There is no model called {name!r}; choose one of: {', '.join(models)}."


def attention_of(kernels: str) -> str:
    return f"{kernels} attention"


def autoencoder_of(kind: str) -> str:
    return f"{kind} autoencoder"


OFFLOADING = "offloading"


def left_out(names: Sequence[str]) -> str:
    """names: as above, not empty."""
    return f"{', '.join(f'no {name}' for name in names)} (for published models only)"


def left_in(left: int, matrices: int, dtype: str) -> str:
    return f"{left} of {matrices} matrices stay in {dtype}, for fp8 is too inexact for them"


FP8_NOT_OFFLOADED = "offloaded blocks are not compared"
FP8_NO_ROOM = "there is no room to compare it"


def fp8_by_matrices(dtype: str, why: str) -> str:
    """why: one of the two above. dtype: what fp8 stands in place of."""
    return f"fp8 was tried matrix by matrix alone, for {why} with {dtype} as a whole"


def stays_whole(dtype: str, likeness: float) -> str:
    return f"it stays in {dtype}, for in fp8 it paints something else (a likeness of {likeness:.2f})"


# -- memory on paper, and what the engine runs on

TRANSFORMER, CONTEXT_BLOCKS = "transformer", "Context Blocks"
BLOCKS_AT_HAND = "blocks at hand"
CACHE_OF_THE_PAST = "cache of the past"
PROMPTS, PICTURES = "prompts", "pictures"
AUTOENCODER = "autoencoder"
AUTOENCODERS_MEMORY, AUTOENCODER_AT_WORK = "autoencoder's memory", "autoencoder at work"
ENCODER_BESIDE_IT = "encoder beside it"
TRANSFORMER_AT_WORK = "transformer at work"
RECORDED_PASSES = "recorded passes"


def matrices_of(part: str) -> str:
    return f"{part}, matrices"


def the_rest_of(part: str) -> str:
    return f"{part}, the rest"


APPLE_GPU, INTEL_GPU = "Apple GPU", "Intel GPU"


def processor(name: str, cores: int | None) -> str:
    return f"{name}, {cores} cores"


def attention_by(kernels: Sequence[str]) -> str:
    """kernels: by name, at least one."""
    if len(kernels) == 1:
        return f"attention by {kernels[0]}"
    return f"attention by the fastest of {', '.join(kernels[:-1])} and {kernels[-1]}"


# -- values out of range

PROMPT_WEIGHT, LORA_STRENGTH = "the prompt's weight", "the LoRA's strength"
NUMBER_OF_REFERENCES = "the number of references"
COLOURLESS = "a reference, first or last frame has no colours, expected an RGB picture"


def out_of_range(name: str, value: float, low: float, high: float) -> str:
    return f"{name} is {value}, expected {low} to {high}"


def none_of(name: str, value: object, known: Sequence[str]) -> str:
    return f"{name} is {value!r}, expected one of {', '.join(known)}"


def no_multiple_of_16(name: str, value: int, nearest: int) -> str:
    return f"{name} is {value}, expected a multiple of 16 (the nearest is {nearest})"
