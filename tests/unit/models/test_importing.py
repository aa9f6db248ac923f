"""What a process that trains images imports of the package."""

import subprocess
import sys

import tidemill.models


def test_a_process_that_trains_images_does_not_import_pyspark_s_learners():
    asked = "import sys, tidemill.models.images.backends; sys.exit('pyspark.ml' in sys.modules)"

    subprocess.run([sys.executable, "-c", asked], check=True)


def test_what_the_package_offers_is_there():
    assert [name for name in tidemill.models.__all__ if not hasattr(tidemill.models, name)] == []
