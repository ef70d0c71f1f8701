// Command asm writes vector kernels of the project and their declarations with avo. The
// results, listed in outputs, are committed; whoever builds the project needs neither avo
// nor this module. After a change here:
//
//	cd internal/asm && go run .
//
// With -check it writes nothing and fails if a file differs from what it would write.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/ir"
	"github.com/mmcloughlin/avo/pass"
	"github.com/mmcloughlin/avo/printer"
)

// output is one pair of files.
type output struct {
	path     string // in the module, without _amd64.s and _amd64_decl.go
	generate func(c *build.Context)
}

var outputs = []output{
	{"pde/kernel_cross", crossings},
	{"pde/kernel", drains},
	{"pde/diffusion", diffusion},
	{"pde/jko_dual", slopes},
	{"pde/kernel_weno", weno},
	{"internal/simd/simd", arrays},
	{"internal/simd/lanes_kernel", lanes},
}

func main() {
	check := flag.Bool("check", false, "compare with the files instead of writing them")
	root := flag.String("root", filepath.Join("..", ".."), "the directory of the project")
	flag.Parse()
	// The package must be loaded without the files that are about to be written.
	if err := os.Setenv("GOFLAGS", "-tags=purego"); err != nil {
		fail(err)
	}
	for _, o := range outputs {
		if err := o.write(*root, *check); err != nil {
			fail(err)
		}
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "asm:", err)
	os.Exit(1)
}

// write generates both files, or compares them.
func (o output) write(root string, check bool) error {
	c := build.NewContext()
	c.Package("pdesolve/" + filepath.Dir(o.path))
	c.ConstraintExpr("amd64,!purego")
	o.generate(c)
	f, err := c.Result()
	if err != nil {
		return err
	}
	if err := pass.Compile.Execute(f); err != nil {
		return fmt.Errorf("%s: %w", o.path, err)
	}
	cfg := printer.Config{Name: "internal/asm", Pkg: filepath.Base(filepath.Dir(o.path))}
	for _, p := range []struct {
		suffix  string
		printer printer.Printer
	}{{"_amd64.s", printer.NewGoAsm(cfg)}, {"_decl_amd64.go", printer.NewStubs(cfg)}} {
		if err := put(filepath.Join(root, o.path+p.suffix), p.printer, f, check); err != nil {
			return err
		}
	}
	return nil
}

// put writes what p prints of f to the file, or compares it.
func put(path string, p printer.Printer, f *ir.File, check bool) error {
	b, err := p.Print(f)
	if err != nil {
		return err
	}
	if !check {
		return os.WriteFile(path, b, 0o644)
	}
	old, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if !bytes.Equal(old, b) {
		return fmt.Errorf("%s is not what the generator writes: run it and commit the result", path)
	}
	return nil
}
