package random

import (
	"crypto/sha256"
	"encoding/binary"
)

// Key names a stream of random numbers: the 64-bit key of Threefry2x32.
type Key [2]uint32

// NewKey returns the key of the stream with the address (seed, path of names), for example NewKey(1, "E03-langevin",
// "start"). Different seeds or paths give independent streams. The hash is SHA-256.
func NewKey(seed int64, path ...string) Key {
	h := sha256.New()
	h.Write(binary.LittleEndian.AppendUint64(nil, uint64(seed)))
	for _, name := range path {
		h.Write(binary.LittleEndian.AppendUint64(nil, uint64(len(name))))
		h.Write([]byte(name))
	}
	sum := h.Sum(nil)
	return Key{binary.LittleEndian.Uint32(sum), binary.LittleEndian.Uint32(sum[4:])}
}

// Sub returns the key of a stream below this one: the one with the given path of names.
func (k Key) Sub(path ...string) Key {
	return NewKey(int64(uint64(k[1])<<32|uint64(k[0])), path...)
}
