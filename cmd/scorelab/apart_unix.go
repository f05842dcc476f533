//go:build unix

package main

import "syscall"

// apart keeps Ctrl-C, which a terminal sends to every process of a group, from a worker.
func apart() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
