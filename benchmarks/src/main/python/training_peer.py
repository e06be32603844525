"""The PyTorch side of a whole training: the earth example's network, on request an epoch of it.

It is driven over its standard input and output, one line each way, as reference_peer.py is, of
which it takes the losses:

    ready torch=1.13.1 threads=2      first line, once PyTorch is there
    unavailable MESSAGE               first and last line, where it is not

    start LOSS BATCH RATE             -> ok; reads images.npy [T,3,H,W], labels.npy [T,1,H,W] and
                                         for each convolution NAME-W.npy and NAME-b.npy
    epoch                             -> ok score=S ms=T forward=T loss=T backward=T update=T
    anything that fails               -> error MESSAGE

An epoch takes the images in their order; the score is the mean over its steps. The milliseconds of
its parts are those of all its steps together, loss is the forward computation of it alone. It ends
when its input ends.
"""

import sys
import time

from reference_peer import answer, cross_entropy, lovasz_softmax

import numpy
import torch
import torch.nn.functional as F

CONVOLUTIONS = [
    "down1a", "down1b", "down2a", "down2b", "down3a", "down3b",
    "up2a", "up2b", "up1a", "up1b", "logits",
]  # fmt: skip

LOSSES = {
    "cross-entropy": cross_entropy,
    "cross-entropy-and-lovasz": lambda logits, labels: cross_entropy(logits, labels)
    + lovasz_softmax(logits, labels, False),
}


class UNet(torch.nn.Module):
    def __init__(self):
        super().__init__()
        for name in CONVOLUTIONS:
            weights, bias = (torch.from_numpy(numpy.load(f"{name}-{p}.npy")) for p in "Wb")
            outputs, inputs, kernel, _ = weights.shape
            layer = torch.nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2)
            layer.weight = torch.nn.Parameter(weights.contiguous())
            layer.bias = torch.nn.Parameter(bias.reshape(-1).contiguous())
            setattr(self, name, layer)

    def level(self, name, maps):
        first, second = getattr(self, name + "a"), getattr(self, name + "b")
        return F.relu(second(F.relu(first(maps))))

    def forward(self, images):
        def join(deep, skip):
            return torch.cat([F.interpolate(deep, scale_factor=2, mode="nearest"), skip], 1)

        top = self.level("down1", images)
        middle = self.level("down2", F.max_pool2d(top, 2))
        bottom = self.level("down3", F.max_pool2d(middle, 2))
        up = self.level("up2", join(bottom, middle))
        return self.logits(self.level("up1", join(up, top)))


class Training:
    def __init__(self, loss, batch, rate):
        self.loss = LOSSES[loss]
        self.net = UNet()
        self.adam = torch.optim.Adam(self.net.parameters(), lr=float(rate))
        images = torch.from_numpy(numpy.load("images.npy"))
        labels = torch.from_numpy(numpy.load("labels.npy")).squeeze(1).long()
        self.batches = list(zip(images.split(int(batch)), labels.split(int(batch))))

    def epoch(self):
        parts = dict.fromkeys(["forward", "loss", "backward", "update"], 0.0)
        score, start = 0.0, time.perf_counter()
        for images, labels in self.batches:
            ticks = [time.perf_counter()]
            self.adam.zero_grad()
            logits = self.net(images)
            ticks.append(time.perf_counter())
            value = self.loss(logits, labels)
            ticks.append(time.perf_counter())
            value.backward()
            ticks.append(time.perf_counter())
            self.adam.step()
            score += value.item() / len(self.batches)
            ticks.append(time.perf_counter())
            for part, earlier, later in zip(parts, ticks, ticks[1:]):
                parts[part] += (later - earlier) * 1e3
        spent = (time.perf_counter() - start) * 1e3
        return f"ok score={score!r} ms={spent:.4f} " + " ".join(
            f"{part}={milliseconds:.4f}" for part, milliseconds in parts.items()
        )


def main():
    torch.set_num_threads(int(sys.argv[1]))
    answer(f"ready torch={torch.__version__} threads={torch.get_num_threads()}")
    training = None
    for line in sys.stdin:
        words = line.split()
        try:
            if words[0] == "start":
                training = Training(*words[1:])
                answer("ok")
            elif words[0] == "epoch":
                answer(training.epoch())
            else:
                answer("error unknown command " + words[0])
        except Exception as failure:  # the driver decides what a failure means
            answer(f"error {type(failure).__name__}: {failure}")


if __name__ == "__main__":
    main()
