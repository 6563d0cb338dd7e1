"""Average the weights of checkpoints of which one was trained from the other (Wortsman et al., "Model soups", ICML 2022).

    python average.py OUT.pt CHECKPOINT CHECKPOINT ... [--statistics PACKS]

Means and variances of batch normalization are averaged too, which runs that kept those that they started with (train.py) have in
common. Averages of other checkpoints' do not fit averaged weights: --statistics finds them anew on training batches.
What compression.py found for the first of them is kept. OUT.pt can be exported and trained from.
"""
import argparse

import torch

from data import Samples, together
from model import Detector, averaged_weights, found_compression, mixed_precision, norms_of
from train import FAKES, SHARES, SOURCES, as_input

PAIRS = 16  # real and fake pairs a batch


def averaged(states):
    return {name: torch.stack([s[name] for s in states]).mean(0) if first.is_floating_point() else first for name, first in states[0].items()}


@torch.no_grad()
def find_statistics(model, batches):
    norms = norms_of(model)
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # the plain mean over all batches
    model.train()
    for images in batches:
        with mixed_precision():
            model(as_input(images))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out")
    parser.add_argument("checkpoints", nargs="+")
    parser.add_argument("--statistics", metavar="PACKS", help="find means and variances of batch normalization anew on these")
    parser.add_argument("--sizes", type=int, nargs="+", default=[224], help="of the crops that the statistics come from, pixels; matters much (../classifier/experiments.md)")
    parser.add_argument("--batches", type=int, default=121)
    parser.add_argument("--half", action="store_true", help="write half precision, half as large")
    args = parser.parse_args()
    torch.manual_seed(0)
    model = Detector().to(memory_format=torch.channels_last)
    model.load_state_dict(averaged([averaged_weights(path) for path in args.checkpoints]))
    if args.statistics:
        samples = Samples(args.statistics, args.sizes, PAIRS, 777, SOURCES, FAKES, **SHARES)
        loader = torch.utils.data.DataLoader(samples, PAIRS, num_workers=2, collate_fn=together)
        find_statistics(model, (images for _, (images, *_) in zip(range(args.batches), loader)))
    average = {name: values.half() if args.half and values.is_floating_point() else values for name, values in model.state_dict().items()}
    torch.save({"average": average, "compression": found_compression(args.checkpoints[0])}, args.out)


if __name__ == "__main__":
    main()
