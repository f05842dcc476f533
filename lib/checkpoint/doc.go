// Package checkpoint keeps the state of long computations in folders that are complete or do not exist.
//
//	runs/moons/
//	  step-00001200/
//	    checkpoint.json         format, schema, step, backend, versions, the configuration and its hash
//	    weights.safetensors     one file for each group of tensors
//	    optimizer.safetensors
//	    average.safetensors
//	    SHA256SUMS              of every other file: `sha256sum -c SHA256SUMS` checks them, too
//	  step-00001300/
//
// A checkpoint is written under another name, synced and renamed. A process that is killed at any moment and a full
// disk leave the former checkpoints unchanged. Reading checks every byte against its hash.
//
// Tensors are in the safetensors format (https://github.com/huggingface/safetensors), which other programs read.
package checkpoint
