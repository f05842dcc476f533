//go:build !unix

package atomicdir

// noFollow has no effect on this system. Only regular checks for symbolic links.
const noFollow = 0
