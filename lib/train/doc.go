// Package train moves weights down a loss, many optimizer steps in one compiled loop, and survives what happens to long
// runs: numbers that are not finite, interrupts, kill -9 (with package checkpoint).
//
// A Plan says what to train: a Loss, which is a function of weights, batch and noise, on which Data, by which
// optimizer. Plan.Begin makes the weights; Trainer.Run takes steps and yields a Report after every so many of them.
// What a caller does between two reports (log, plot, evaluate, save, stop) is the body of a range loop:
//
//	for report, err := range trainer.Run(ctx, 10_000) { ... }
//
// Where the backend compiles loops, the steps between two reports are one XLA While, whose number of rounds is an
// argument: one compilation serves any number of steps. On the Go backend, whose loops cannot hold a gradient, for
// models with native convolutions on a CPU, and with Plan.Hosted, the host calls one compiled step after the other.
// Both take the same steps.
//
// # What follows from the key and the step
//
// The first weights, the order of the data and the noise of every step follow from Plan.Key and the number of the step,
// by counter (random.Source). So a run that is resumed needs no state of a generator, no place in the data, and takes
// the steps that it would have taken: on the same backend and version, to the bit.
//
// # Methods with more than one net
//
// A plan with a Step of its own builds each turn itself: it may descend several losses, each over the weights under a
// scope (Turn.Descend), and record what it likes (Turn.Record). Adversarial training is two descents.
package train
