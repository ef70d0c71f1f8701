package main

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pdesolve/compare"
)

// part is a part of a report in Markdown: a heading, a table or a figure.
type part struct {
	name  string     // "## heading", "table" or "figure FILE"
	cells [][]string // of a table, the row of headings first
}

var image = regexp.MustCompile(`^!\[.*\]\(([^)]*)\)`)

// reportParts returns the parts of a report in order. Of headings it keeps the level alone.
func reportParts(report string) (out []part) {
	table := false
	for _, line := range strings.Split(report, "\n") {
		was := table
		table = strings.HasPrefix(line, "|")
		level := len(line) - len(strings.TrimLeft(line, "#"))
		file := image.FindStringSubmatch(line)
		switch {
		case table:
			if !was {
				out = append(out, part{name: "table"})
			}
			row := strings.Split(strings.Trim(line, "|"), "|")
			for i := range row {
				row[i] = strings.TrimSpace(row[i])
			}
			t := &out[len(out)-1]
			t.cells = append(t.cells, row)
		case level > 0:
			out = append(out, part{name: line[:level] + " heading"})
		case file != nil:
			out = append(out, part{name: "figure " + file[1]})
		}
	}
	return out
}

// number is a number of a report, with its decimals.
var number = regexp.MustCompile(`-?\d+(\.\d+)?(e[-+]?\d+)?`)

// verdicts are the cells without a number that say what was found.
var verdicts = []compare.Verdict{compare.Consistent, compare.Faster, compare.Slower, compare.Violates, compare.Sharp, compare.Better, compare.Undecided}

// reportsDiffer compares two reports: they must have the same headings, tables and figures
// in the same order, tables the same rows and columns and verdicts, and numbers in tables
// must be within one unit of the last digit shown. Words are free.
func reportsDiffer(a, b string) (out []string) {
	partsA, partsB := reportParts(a), reportParts(b)
	for i := range max(len(partsA), len(partsB)) {
		if i >= len(partsA) || i >= len(partsB) || partsA[i].name != partsB[i].name {
			return append(out, fmt.Sprintf("part %d of %d and %d differs: %v, want %v", i+1, len(partsB), len(partsA), nameOf(partsB, i), nameOf(partsA, i)))
		}
		out = append(out, tablesDiffer(partsA[i].cells, partsB[i].cells)...)
	}
	return out
}

func nameOf(parts []part, i int) string {
	if i >= len(parts) {
		return "none"
	}
	return parts[i].name
}

func tablesDiffer(a, b [][]string) (out []string) {
	if len(a) != len(b) {
		return []string{fmt.Sprintf("table %q has %d rows: want %d", b[0], len(b)-2, len(a)-2)}
	}
	for r := range a {
		if len(a[r]) != len(b[r]) {
			out = append(out, fmt.Sprintf("row %q: want as many cells as %q", b[r], a[r]))
			continue
		}
		for c := range a[r] {
			if r > 0 && !sameCell(a[r][c], b[r][c]) {
				out = append(out, fmt.Sprintf("row %q: %q: want %q", b[r][0], b[r][c], a[r][c]))
			}
		}
	}
	return out
}

func sameCell(a, b string) bool {
	x, y := number.FindAllString(a, -1), number.FindAllString(b, -1)
	if len(x) != len(y) {
		return false
	}
	for k := range x {
		p, _ := strconv.ParseFloat(x[k], 64) // the pattern makes them numbers
		q, _ := strconv.ParseFloat(y[k], 64)
		if math.Abs(p-q) > 1.01*unit(x[k]) {
			return false
		}
	}
	said := func(s string) bool { return slices.Contains(verdicts, compare.Verdict(s)) }
	return a == b || !said(a) && !said(b)
}

// unit returns the weight of the last digit of a number.
func unit(s string) float64 {
	mantissa, exponent, _ := strings.Cut(s, "e")
	e, _ := strconv.Atoi(exponent)
	if _, decimals, ok := strings.Cut(mantissa, "."); ok {
		e -= len(decimals)
	}
	if e == 0 && exponent == "" {
		return 0 // a whole number counts something
	}
	return math.Pow10(e)
}

// TestReportsDiffer: words and a digit in the last place may differ, nothing else.
func TestReportsDiffer(t *testing.T) {
	row := func(cells string) string { return "| a | b |\n| --- | --- |\n| " + cells + " |" }
	for pair, want := range map[[2]string]int{
		{"# One\n\nSome words.", "# Two\n\nOther words, 3 of them."}: 0,
		{"# One", "## One"}: 1, {"# One", "# One\n# Two"}: 1,
		{"![alt](figures/a.svg)", "![other](figures/a.svg)"}: 0, {"![alt](a.svg)", "![alt](b.svg)"}: 1,
		{row("x | -0.50 of 5"), row("y | -0.51 for 5")}: 0, {row("x | -0.50"), row("x | -0.52")}: 1, {row("x | 5"), row("x | 6")}: 1,
		{row("1.2e-05 | 1"), row("1.3e-05 | 1")}: 0, {row("1.2e-05 | 1"), row("1.4e-05 | 1")}: 1,
		{row("x | consistent"), row("x | undecided")}: 1, {row("x | consistent"), row("x | fine")}: 1,
		{row("x | 1"), row("x | 1 | 2")}: 1, {row("x | 1"), row("x | 1") + "\n| y | 2 |"}: 1,
	} {
		if got := reportsDiffer(pair[0], pair[1]); len(got) != want {
			t.Errorf("%q: %v", pair, got)
		}
	}
}
