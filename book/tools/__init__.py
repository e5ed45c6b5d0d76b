"""What keeps the book's notebooks in step with their text, executed and checked.

`python -m book.tools` is its command line. The modules, each using only those before it:
`opening` (its first cells), `layers` (what is folded), `chapter` (the files), `twins` (one made
from the other), `kernels` (where it runs), `execute`, `guards` (what must hold without running),
`terms` (the glossary), `prose` (what a reader meets), `form` (what holds for the second edition),
`pages` (what is written from records), `elsewhere` (a run on what is nearly another machine) and
`cli`. Sphinx, which builds the pages, loads the modules that begin with `page_`.
"""
