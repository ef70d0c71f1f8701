//go:build !amd64 || purego

package pde

func (r *inclineRow) run() { r.from(0) }

func (r *gatherRow) run() { r.from(0) }
