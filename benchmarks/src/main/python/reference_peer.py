"""The PyTorch side of the comparison: one process that computes the reference formulas on request.

It is driven over its standard input and output, one line each way:

    ready torch=1.13.1 threads=2                        first line, once PyTorch is there
    unavailable MESSAGE                                 first and last line, where it is not

    load KEY LOGITS.npy LABELS.npy                      -> ok
    run KEY REPETITIONS LOSS [NAME=VALUE ...]           -> ok value=V ms=T1,T2,...
    gradient KEY FILE.npy LOSS [NAME=VALUE ...]         -> ok value=V, and the gradient in the file,
                                                           both computed in double
    memory KEY LOSS [NAME=VALUE ...]                    -> ok bytes=B, what a run takes at its peak
                                                           beyond inputs and gradient; nan where
                                                           the system does not tell
    anything that fails                                 -> error MESSAGE

It ends when its input ends. Logits are float32 [N,C,H,W], labels class indices [N,H,W]; files lie in
the working directory. One channel is the foreground's, with labels 0 and 1. A run is the value and
its gradient in the logits, as a training step computes them. The formulas are those of the losses' definitions, in the operations that the published
PyTorch implementations use; where two forms of an operation exist (how a one-hot target is laid
out in memory, whether its gradient is computed only to be thrown away), the faster one is taken.
"""

import ctypes
import os
import sys
import time


def claim_stdout():
    """Keeps the answers apart from whatever a library prints: that goes to the standard error."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    return answers


ANSWERS = claim_stdout()


def answer(line):
    ANSWERS.write(" ".join(line.split()) + "\n")


try:
    import numpy
    import torch
    import torch.nn.functional as F
except ImportError as missing:
    answer("unavailable " + str(missing))
    sys.exit(0)


def probabilities_of(logits):
    return torch.sigmoid(logits) if logits.shape[1] == 1 else F.softmax(logits, dim=1)


def truth_of(channel, logits, labels):
    """Where a channel's label is set: that of its class, or of the foreground."""
    return (labels == (channel if logits.shape[1] > 1 else 1)).to(logits.dtype)


def truths_of(logits, labels):
    """One-hot labels, or the foreground's."""
    if logits.shape[1] == 1:
        return labels.unsqueeze(1).to(logits.dtype)
    return torch.zeros_like(logits).scatter_(1, labels.unsqueeze(1), 1.0)


def cross_entropy(logits, labels):
    return F.cross_entropy(logits, labels)


def ohem(logits, labels, thresh, min_kept, ignore=255):
    """Cross entropy over the pixels whose true class is improbable, at least min_kept of them."""
    classes = logits.shape[1]
    with torch.no_grad():
        flat = labels.reshape(-1)
        valid = flat != ignore
        wanted = torch.where(valid, flat, torch.zeros_like(flat))
        by_class = F.softmax(logits, dim=1).transpose(0, 1).reshape(classes, -1)
        of_truth = by_class[wanted, torch.arange(flat.numel())].masked_fill(~valid, 1.0)
        cut = thresh
        if min_kept > 0:
            ascending, _ = torch.sort(of_truth)
            cut = max(thresh, ascending[min(min_kept, ascending.numel()) - 1].item())
        kept = valid & (of_truth <= cut)
        hard = flat.masked_fill(~kept, ignore).reshape(labels.shape)
    return F.cross_entropy(logits, hard, ignore_index=ignore)


def jaccard_gradient(hits):
    """The weights of descending errors in the Lovász extension of 1 - Jaccard."""
    total = hits.sum()
    intersection = total - hits.cumsum(0)
    union = total + (1.0 - hits).cumsum(0)
    loss = 1.0 - intersection / union
    loss[1:] = loss[1:] - loss[:-1]
    return loss


def lovasz_flat(probabilities, labels):
    losses = []
    for index in range(probabilities.shape[1]):
        truth = truth_of(index, probabilities, labels)
        if truth.sum() == 0:
            continue
        errors, order = torch.sort((truth - probabilities[:, index]).abs(), descending=True)
        losses.append(torch.dot(errors, jaccard_gradient(truth[order])))
    return torch.stack(losses).mean() if losses else probabilities.sum() * 0.0


def pixel_rows(probabilities):
    return probabilities.permute(0, 2, 3, 1).reshape(-1, probabilities.shape[1])


def lovasz_softmax(logits, labels, per_image):
    probabilities = probabilities_of(logits)
    if not per_image:
        return lovasz_flat(pixel_rows(probabilities), labels.reshape(-1))
    images = [
        lovasz_flat(pixel_rows(image.unsqueeze(0)), truth.reshape(-1))
        for image, truth in zip(probabilities, labels)
    ]
    return torch.stack(images).mean()


def lovasz_hinge(logits, labels):
    """Of each channel in each image."""
    losses = []
    for image, image_labels in zip(logits, labels):
        for index in range(len(image)):
            scores = image[index].reshape(-1)
            truth = truth_of(index, logits, image_labels).reshape(-1)
            errors, order = torch.sort(1 - scores * (2 * truth - 1), descending=True)
            losses.append(torch.dot(F.relu(errors), jaccard_gradient(truth[order])))
    return torch.stack(losses).mean()


def boundary(logits, labels, theta0, theta):
    """1 - F1 of soft boundaries, each compared with the other one dilated."""

    def dilate(maps, window):
        return F.max_pool2d(maps, window, stride=1, padding=(window - 1) // 2)

    def rim(maps):
        return dilate(1 - maps, theta0) - (1 - maps)

    def flat(maps):
        return maps.reshape(*maps.shape[:2], -1)

    prediction = rim(probabilities_of(logits))
    truth = rim(truths_of(logits, labels))
    wide_prediction = flat(dilate(prediction, theta))
    wide_truth = flat(dilate(truth, theta))
    prediction, truth = flat(prediction), flat(truth)
    precision = (prediction * wide_truth).sum(2) / (prediction.sum(2) + 1e-7)
    recall = (wide_prediction * truth).sum(2) / (truth.sum(2) + 1e-7)
    f1 = 2 * precision * recall / (precision + recall + 1e-7)
    return (1 - f1).mean()


def region_sums(logits, labels):
    return sums_of(probabilities_of(logits), truths_of(logits, labels))


def sums_of(probabilities, truth):
    """Probabilities times labels, and both alone, summed over the batch for each class."""
    probabilities, truth = probabilities.flatten(2), truth.flatten(2)
    both = (probabilities * truth).sum((0, 2))
    return both, probabilities.sum((0, 2)), truth.sum((0, 2))


def mean_over_classes(scores, labelled):
    """One minus the score; a class without label counts as nothing."""
    return ((1 - scores) * (labelled > 0)).mean()


def dice(logits, labels):
    both, predicted, labelled = region_sums(logits, labels)
    scores = 2 * both / (predicted + labelled).clamp_min(1e-7)
    return mean_over_classes(scores, labelled)


def jaccard(logits, labels):
    both, predicted, labelled = region_sums(logits, labels)
    scores = both / (predicted + labelled - both).clamp_min(1e-7)
    return mean_over_classes(scores, labelled)


def tversky(logits, labels, alpha, beta):
    both, predicted, labelled = region_sums(logits, labels)
    wrong = alpha * (predicted - both) + beta * (labelled - both)
    return mean_over_classes(both / (both + wrong).clamp_min(1e-7), labelled)


def focal(logits, labels, gamma):
    """The focal loss of the sigmoid of each class against the rest, class by class."""
    loss = 0.0
    for index in range(logits.shape[1]):
        truth = truth_of(index, logits, labels)
        entropy = F.binary_cross_entropy_with_logits(logits[:, index], truth, reduction="none")
        loss = loss + ((1 - torch.exp(-entropy)) ** gamma * entropy).mean()
    return loss


def soft_bce(logits, labels):
    """Each channel a yes or no of its own."""
    return F.binary_cross_entropy_with_logits(logits, truths_of(logits, labels))


def bce_dice(logits, labels, smooth):
    """The cross entropy of logits is both safe and faster than that of probabilities."""
    truth = truths_of(logits, labels)
    both, predicted, labelled = sums_of(torch.sigmoid(logits), truth)
    scores = (2 * both + smooth) / (predicted + labelled + smooth)
    return F.binary_cross_entropy_with_logits(logits, truth) + (1 - scores).mean()


def duo(logits, labels, theta0, theta):
    return (lovasz_softmax(logits, labels, True) + boundary(logits, labels, theta0, theta)) / 2


def active_contour(logits, labels, weight):
    probabilities, truth = probabilities_of(logits), truths_of(logits, labels)
    down = probabilities[:, :, 2:, :-2] - probabilities[:, :, 1:-1, :-2]
    right = probabilities[:, :, :-2, 2:] - probabilities[:, :, :-2, 1:-1]
    length = torch.sqrt(down**2 + right**2 + 1e-8).mean()
    inside = (probabilities * (truth - 1) ** 2).mean()
    outside = ((1 - probabilities) * truth**2).mean()
    return weight * length + inside + outside


LOSSES = {
    "dice": dice,
    "jaccard": jaccard,
    "tversky": tversky,
    "focal": focal,
    "soft_bce": soft_bce,
    "bce_dice": bce_dice,
    "duo": duo,
    "active_contour": active_contour,
    "cross_entropy": cross_entropy,
    "ohem": ohem,
    "lovasz_softmax": lovasz_softmax,
    "lovasz_hinge": lovasz_hinge,
    "boundary": boundary,
}

INPUTS = {}


def parse_options(words):
    options = {}
    for word in words:
        name, value = word.split("=", 1)
        if value in ("true", "false"):
            options[name] = value == "true"
        elif value.lstrip("-").isdigit():
            options[name] = int(value)
        else:
            options[name] = float(value)
    return options


def value_and_gradient(loss, options, logits, labels):
    """The loss, its gradient and the milliseconds that both took together."""
    leaf = logits.detach().requires_grad_()
    start = time.perf_counter()
    value = loss(leaf, labels, **options)
    value.backward()
    milliseconds = (time.perf_counter() - start) * 1e3
    return value.item(), leaf.grad, milliseconds


M_MMAP_THRESHOLD = -3  # malloc.h: larger blocks are mapped on their own


def resident(name):
    """A size of this process in bytes, by its name in /proc."""
    with open("/proc/self/status") as status:
        line = next(line for line in status if line.startswith(name + ":"))
    return int(line.split()[1]) * 1024


def peak_memory(loss, options, logits, labels):
    """The bytes that value and gradient take at their peak, beyond inputs and gradient.

    They are those by which the process grew. What it has freed but kept is given back before, or
    the growth would be too small; and arrays are given back as soon as they are freed, which costs
    time, so that later runs of this process are not to be timed. The second of two runs counts,
    since the first may load code.
    """
    try:
        allocator = ctypes.CDLL(None)
        allocator.mallopt(M_MMAP_THRESHOLD, 1 << 16)
        for _ in range(2):
            leaf = logits.detach().requires_grad_()
            allocator.malloc_trim(0)
            with open("/proc/self/clear_refs", "w") as peaks:
                peaks.write("5")
            before = resident("VmRSS")
            loss(leaf, labels, **options).backward()
            grown = resident("VmHWM") - before
            grown -= leaf.grad.numel() * leaf.grad.element_size()
        return max(0, grown)
    except (AttributeError, OSError):
        return float("nan")


def handle(words):
    command, key = words[0], words[1]
    if command == "load":
        logits, labels = (torch.from_numpy(numpy.load(file)) for file in words[2:4])
        INPUTS[key] = (logits, labels.long())
        return "ok"
    if command == "memory":
        loss, options = LOSSES[words[2]], parse_options(words[3:])
        return f"ok bytes={peak_memory(loss, options, *INPUTS[key])}"
    loss, options = LOSSES[words[3]], parse_options(words[4:])
    if command == "run":
        runs = [value_and_gradient(loss, options, *INPUTS[key]) for _ in range(int(words[2]))]
        times = ",".join(f"{milliseconds:.4f}" for _, _, milliseconds in runs)
        return f"ok value={runs[-1][0]!r} ms={times}"
    if command == "gradient":
        logits, labels = INPUTS[key]
        value, gradient, _ = value_and_gradient(loss, options, logits.double(), labels)
        numpy.save(words[2], gradient.contiguous().numpy())
        return f"ok value={value!r}"
    raise ValueError("unknown command " + command)


def main():
    threads = int(sys.argv[1])
    torch.set_num_threads(threads)
    answer(f"ready torch={torch.__version__} threads={torch.get_num_threads()}")
    for line in sys.stdin:
        words = line.split()
        if not words:
            continue
        try:
            answer(handle(words))
        except Exception as failure:  # the driver decides what a failure means
            answer(f"error {type(failure).__name__}: {failure}")


if __name__ == "__main__":
    main()
