"""Old and new Regions of every partition, because their URLs have different forms."""

from typing import Final

from infra.cloudformation import Region

_CHINA: Final = "amazonaws.com.cn"
REGIONS: Final = (
    Region(name="us-east-1"),
    Region(name="eu-central-1"),
    Region(name="sa-east-1"),
    # The next four opened after March 2019: S3's global endpoint refuses requests for buckets in them.
    Region(name="af-south-1"),
    Region(name="eu-central-2"),
    Region(name="il-central-1"),
    Region(name="mx-central-1"),
    Region(name="cn-north-1", partition="aws-cn", suffix=_CHINA),
    Region(name="cn-northwest-1", partition="aws-cn", suffix=_CHINA),
    Region(name="us-gov-west-1", partition="aws-us-gov"),
    Region(name="us-gov-east-1", partition="aws-us-gov"),
)
