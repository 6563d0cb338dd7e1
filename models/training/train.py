"""Train the classifier.

    python train.py PACKS OUT --steps 6000 [--start imagenet|CHECKPOINT] [--resume]

Writes OUT/last.pt (everything that resuming needs) every --save steps, and prints the loss and, where PACKS has
clips-develop, the video-level AUC per method. The learning rate is constant after the warm-up and falls linearly to zero
from --decay-from on, so that a run can be made longer after the fact.
"""
import argparse
import os
import time

import numpy as np
import torch
import torch.nn.functional as F

from data import Pack, Samples, together
from measure import measure
from model import Detector, averaged_weights, imagenet, mixed_precision, norms_of

SOURCES = {"mesonet": 0.45, "aaf": 0.28, "flickr": 0.22, "yonsei": 0.05}  # real faces that are forged
FAKES = {"mesonet": 0.85, "yonsei": 0.15}  # true forgeries
WITH_SWAPS = (  # both, with --swaps
    {"mesonet": 0.37, "aaf": 0.15, "flickr": 0.15, "yonsei": 0.03, "openforensics": 0.2, "swaps": 0.07, "stills": 0.03},
    {"mesonet": 0.25, "yonsei": 0.05, "openforensics": 0.25, "swaps": 0.3, "stills": 0.15},
)
SHARES = {"forged_share": 0.88, "donor_share": 0.35, "redrawn_share": 0.3}  # of Samples


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("packs")
    parser.add_argument("out")
    parser.add_argument("--steps", type=int, default=6000)
    parser.add_argument("--decay-from", type=int, help="step from which the learning rate falls (default: 70%% of the steps)")
    parser.add_argument("--grow-at", type=int, help="step from which crops have their full size (default: half of the steps)")
    parser.add_argument("--small", type=int, default=192, help="size of the crops before that, pixels")
    parser.add_argument("--sizes", type=int, nargs="+", default=[224],
                        help="full sizes of the crops, pixels: each batch has one of them; AUC is measured with the first")
    parser.add_argument("--pairs", type=int, default=16, help="real and fake pairs a step")
    parser.add_argument("--rate", type=float, default=5e-4)
    parser.add_argument("--ema", type=float, default=0.999)
    parser.add_argument("--forged-share", type=float, default=SHARES["forged_share"])
    parser.add_argument("--donor-share", type=float, default=SHARES["donor_share"])
    parser.add_argument("--redrawn-share", type=float, default=SHARES["redrawn_share"],
                        help="share of the pseudo-forgeries whose source redraw.py drew, where it has been run")
    parser.add_argument("--parts-share", type=float, default=0, help="share of the pairs that show a part of the face")
    parser.add_argument("--occluded-share", type=float, default=0, help="share of the pairs with something before the faces (occlude.py)")
    parser.add_argument("--swaps", action="store_true", help="train on the sets openforensics, swaps and stills too (README.md, Data)")
    parser.add_argument("--map-weight", type=float, default=1.0)
    parser.add_argument("--rank-weight", type=float, default=0.5, help="of the loss for a pair's fake not scoring above its real")
    parser.add_argument("--start", default="imagenet")
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--save", type=int, default=250)
    parser.add_argument("--measure", type=int, default=500)
    args = parser.parse_args()
    args.decay_from = int(args.steps * 0.7) if args.decay_from is None else args.decay_from
    args.grow_at = args.steps // 2 if args.grow_at is None else args.grow_at
    return args


def as_input(images):
    return images.float().div_(127.5).sub_(1).contiguous(memory_format=torch.channels_last)


def learning_rate(step, args):
    warm = min(1, (step + 1) / 200)
    return args.rate * warm * min(1, max(0.01, (args.steps - step) / max(1, args.steps - args.decay_from)))


def batches(args, step):
    """From `step` on: batches of the size that the step calls for."""
    sources, fakes = WITH_SWAPS if args.swaps else (SOURCES, FAKES)
    for sizes, until in (([args.small], args.grow_at), (args.sizes, args.steps)):
        if step >= until:
            continue
        seed = args.seed * 1_000_003 + step
        samples = Samples(args.packs, sizes, args.pairs, seed, sources, fakes, args.forged_share, args.donor_share, args.redrawn_share, args.parts_share, args.occluded_share)
        loader = torch.utils.data.DataLoader(samples, args.pairs, num_workers=args.workers, collate_fn=together, prefetch_factor=3 if args.workers else None)
        for batch in loader:
            yield step, batch
            step += 1
            if step >= until:
                break


def start(args, model):
    average = Detector()
    optimizer = torch.optim.AdamW(model.parameters(), args.rate, weight_decay=0.02)
    last, step = os.path.join(args.out, "last.pt"), 0
    if args.resume and os.path.exists(last):
        state = torch.load(last, map_location="cpu", weights_only=True)
        model.load_state_dict(state["model"])
        average.load_state_dict(state["average"])
        optimizer.load_state_dict(state["optimizer"])
        step = state["step"]
    else:
        if args.start == "imagenet":
            imagenet(model)
        else:
            model.load_state_dict(averaged_weights(args.start))
        average.load_state_dict(model.state_dict())
    return average, optimizer, step


def keep_statistics(model):
    """Normalize by the statistics that the weights came with. By those of a batch of pairs a network learns to compare the two faces of a pair."""
    for norm in norms_of(model):
        norm.eval()


def main():
    args = arguments()
    os.makedirs(args.out, exist_ok=True)
    torch.manual_seed(args.seed)
    torch.set_num_threads(args.threads)
    model = Detector()
    average, optimizer, step = start(args, model)
    model.to(memory_format=torch.channels_last).train()
    keep_statistics(model)
    average.eval()
    has_clips = os.path.exists(os.path.join(args.packs, "clips-develop.npz"))
    began, log = time.time(), []
    for step, (images, labels, maps, known) in batches(args, step):
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(step, args)
        with mixed_precision():
            logits, forged = model(as_input(images))
        scores, targets = logits[:, 0].float(), labels * 0.96 + 0.02
        loss = F.binary_cross_entropy_with_logits(scores, targets)
        wanted = F.interpolate(maps[:, None], forged.shape[1:], mode="area")[:, 0]
        where = F.binary_cross_entropy_with_logits(forged.float(), wanted, reduction="none").mean((1, 2))
        of_real, of_fake = scores.view(-1, 2).unbind(1)
        total = loss + args.map_weight * (where * known).mean() + args.rank_weight * F.softplus(of_real - of_fake).mean()
        optimizer.zero_grad(set_to_none=True)
        total.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        optimizer.step()
        with torch.no_grad():
            keep = min(args.ema, (step + 1) / (step + 20))
            for a, b in zip(average.state_dict().values(), model.state_dict().values()):
                a.lerp_(b, 1 - keep) if a.is_floating_point() else a.copy_(b)
        paired = known.view(-1, 2)[:, 1] == 1
        right = ((scores > 0) == (labels > 0.5)).float().view(-1, 2)
        log.append((float(loss.detach()), float(where.detach().mean()), float(right[paired].mean()) if paired.any() else np.nan,
                    float(right[~paired].mean()) if (~paired).any() else np.nan))
        done = step + 1
        if done % 50 == 0:
            mean = np.nanmean(log[-50:], 0)
            print(f"{done} loss {mean[0]:.4f} map {mean[1]:.4f} forged {mean[2]:.3f} true {mean[3]:.3f} "
                  f"rate {learning_rate(step, args):.1e} {len(log[-50:]) * len(labels) / (time.time() - began):.1f} images/s", flush=True)
            began = time.time()
        if done % args.save == 0 or done == args.steps:
            state = {"model": model.state_dict(), "average": average.state_dict(), "optimizer": optimizer.state_dict(), "step": done}
            torch.save(state, os.path.join(args.out, "part.pt"))
            os.replace(os.path.join(args.out, "part.pt"), os.path.join(args.out, "last.pt"))
        if has_clips and (done % args.measure == 0 or done == args.steps):
            size = args.sizes[0] if done > args.grow_at else args.small
            print(done, measure(average, Pack(args.packs, "clips-develop"), size), flush=True)
            began = time.time()


if __name__ == "__main__":
    main()
