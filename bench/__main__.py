"""`python -m bench`: the kernel against its peers."""

from bench.kernel import main

main()
