import numpy as np
import pytest

from tidemill.validation.boosting.choosing import Choices, features_a_node
from tidemill.validation.boosting.sampling import Uniforms, draws


@pytest.mark.parametrize("seed", [0, 7, -3, 2**63 - 1, -(2**63)])
def test_numbers_are_those_of_sparks_generator(spark, seed):
    theirs = spark.sparkContext._jvm.org.apache.spark.util.random.XORShiftRandom(seed)
    ours = Uniforms([seed, 1])

    assert [ours.draw()[0] for _ in range(20)] == [theirs.nextDouble() for _ in range(20)]


def test_each_tree_and_partition_draws_by_a_generator_of_its_own():
    drawn = draws(4, trees=3, sizes=[5, 0, 6], share=0.5)

    first, last = Uniforms([4 + 1 + 1]), Uniforms([4 + 1 + 2 + 1])
    expected = [first.draw()[0] < 0.5 for _ in range(5)] + [last.draw()[0] < 0.5 for _ in range(6)]
    assert drawn.shape == (3, 11)
    assert drawn[1].tolist() == expected


def test_all_rows_are_drawn_where_the_share_is_all():
    assert draws(4, trees=2, sizes=[3], share=1.0).all()


@pytest.mark.parametrize(
    ("choice", "features", "a_node"),
    [("all", 10, 10), ("auto", 10, 10), ("sqrt", 10, 4), ("onethird", 10, 4), ("onethird", 9, 3)],
)
def test_as_many_features_are_tried_as_the_choice_says(choice, features, a_node):
    assert features_a_node(choice, features) == a_node


def test_the_features_of_a_node_are_all_different_and_others_than_the_next_ones():
    choices = Choices(5, features=40, a_node=12)

    tried = choices.of(3)

    assert all(len(set(row)) == 12 and max(row) < 40 for row in tried.tolist())
    assert len({tuple(row) for row in tried.tolist()}) == 3
    assert not np.array_equal(choices.of(3), tried)
