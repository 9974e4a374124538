"""The garbage collector runs seldom while long files are read. After the last of these files is read, the
collector runs normally again."""

import gc

from ims_portal.support import collecting


def test_the_collector_stays_off_until_the_last_reader_is_done():
    before = gc.get_threshold()
    first, second = collecting.seldom(), collecting.seldom()
    first.__enter__()
    second.__enter__()
    assert gc.get_threshold() == collecting.SELDOM
    first.__exit__(None, None, None)
    assert gc.get_threshold() == collecting.SELDOM
    second.__exit__(None, None, None)
    assert (gc.get_threshold(), gc.get_freeze_count()) == (before, 0)
