"""The names of all bases, known without the libraries that build them."""

EFFICIENTNETS = tuple(f"efficientnet_lite{number}" for number in range(5))
SMALL = ("small_cnn", "wide_cnn")
TORCHVISION = ("resnet18", "resnet34", "resnet50", "resnet101", "resnet152", "vgg11_bn", "vgg13_bn", "vgg16_bn",
               "vgg19_bn", "vgg11", "vgg13", "vgg16", "vgg19", "inception_v3")  # fmt: skip
BASES = (*EFFICIENTNETS, *SMALL, *TORCHVISION)
