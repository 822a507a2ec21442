"""What the first start works on, so that one sees the company at work before giving it anything of one's own."""

from daemon.sample.making import Sample, make_sample

__all__ = ["Sample", "make_sample"]
