// Package train minimizes a loss over weights, with many optimizer steps in one compiled loop. It survives the faults
// of long runs: numbers that are not finite, interrupts and kill -9 (with package checkpoint).
//
// A Plan describes a training: a Loss, which is a function of weights, batch and noise, the Data and the optimizer.
// Plan.Begin makes the weights. Trainer.Run takes steps and yields a Report after every Plan.Every of them. What a
// caller does between two reports (log, plot, evaluate, save, stop) is the body of a range loop:
//
//	for report, err := range trainer.Run(ctx, 10_000) { ... }
//
// Where the backend compiles loops, the steps between two reports run in an XLA While. Its number of rounds is an
// argument, so one compilation serves any number of steps. In three cases the host calls one compiled step after the
// other. These are the Go backend, whose loops cannot contain a gradient, models with native convolutions on a CPU, and
// Plan.Hosted. Both drivers take the same steps.
//
// # What follows from the key and the step
//
// The first weights, the order of the data and the noise of every step follow from Plan.Key and the number of the step,
// by counter (random.Source). A resumed run therefore needs no state of a generator and no position in the data. On the
// same backend and version it takes the steps of the uninterrupted run, to the bit.
//
// # Methods with more than one net
//
// A plan with its own Step function builds each step itself. It may descend several losses, each over the weights under
// a scope (StepContext.Descend), and record any scalar (StepContext.Record). Adversarial training is two descents.
package train
