package compare

import (
	"encoding/csv"
	"fmt"
	"io"
	"strings"
	"text/template"

	_ "embed"

	"github.com/jedib0t/go-pretty/v6/table"
)

//go:embed report.tex.tmpl
var latexSource string

var latexPage = template.Must(template.New("report.tex").Delims("<<", ">>").Funcs(template.FuncMap{
	"tex":    texText,
	"table":  texTable,
	"figure": func(f figure) string { return strings.TrimSuffix(f.File, ".svg") + ".pdf" },
}).Parse(latexSource))

// latex writes report.tex, which any LaTeX compiles beside the PDF figures.
func (pg *page) latex(w io.Writer) error { return latexPage.Execute(w, pg) }

// texCommands are the characters of the reports that LaTeX wants by name. The rest of
// what is not ASCII is left to \usepackage[utf8]{inputenc}.
var texCommands = map[rune]string{
	'\\': `\textbackslash{}`, '{': `\{`, '}': `\}`, '$': `\$`, '&': `\&`, '#': `\#`, '%': `\%`, '_': `\_`,
	'~': `\textasciitilde{}`, '^': `\textasciicircum{}`, '<': `\ensuremath{<}`, '>': `\ensuremath{>}`, '|': `\ensuremath{|}`,
	'τ': `\ensuremath{\tau}`, 'ρ': `\ensuremath{\rho}`, 'Ψ': `\ensuremath{\Psi}`, 'ψ': `\ensuremath{\psi}`, 'Φ': `\ensuremath{\Phi}`, 'φ': `\ensuremath{\varphi}`,
	'λ': `\ensuremath{\lambda}`, 'σ': `\ensuremath{\sigma}`, 'ω': `\ensuremath{\omega}`, 'θ': `\ensuremath{\theta}`, 'δ': `\ensuremath{\delta}`, 'ε': `\ensuremath{\varepsilon}`,
	'χ': `\ensuremath{\chi}`, 'ν': `\ensuremath{\nu}`, 'μ': `\ensuremath{\mu}`, 'α': `\ensuremath{\alpha}`, 'β': `\ensuremath{\beta}`, 'γ': `\ensuremath{\gamma}`, 'Δ': `\ensuremath{\Delta}`, 'Σ': `\ensuremath{\Sigma}`, 'κ': `\ensuremath{\kappa}`,
	'−': `\ensuremath{-}`, '·': `\ensuremath{\cdot}`, '×': `\ensuremath{\times}`, '≤': `\ensuremath{\le}`, '≥': `\ensuremath{\ge}`, '≈': `\ensuremath{\approx}`, '∞': `\ensuremath{\infty}`,
	'∈': `\ensuremath{\in}`, '∫': `\ensuremath{\int}`, '∂': `\ensuremath{\partial}`, '∇': `\ensuremath{\nabla}`, '√': `\ensuremath{\surd}`, '→': `\ensuremath{\to}`, '½': `\ensuremath{\frac12}`, '‖': `\ensuremath{\|}`, '±': `\ensuremath{\pm}`,
	'⁰': `\ensuremath{^0}`, '¹': `\ensuremath{^1}`, '²': `\ensuremath{^2}`, '³': `\ensuremath{^3}`, '⁴': `\ensuremath{^4}`, '⁻': `\ensuremath{^-}`, 'ᵖ': `\ensuremath{^p}`, 'ᵀ': `\ensuremath{^T}`, 'ᵐ': `\ensuremath{^m}`,
	'₀': `\ensuremath{_0}`, '₁': `\ensuremath{_1}`, '₂': `\ensuremath{_2}`, '₃': `\ensuremath{_3}`, 'ᵢ': `\ensuremath{_i}`, 'ⱼ': `\ensuremath{_j}`, 'ₓ': `\ensuremath{_x}`, 'ₖ': `\ensuremath{_k}`, '⟨': `\ensuremath{\langle}`, '⟩': `\ensuremath{\rangle}`,
	'′': `\ensuremath{'}`, '\u0303': `\llap{\~{}}`, '–': `--`, '—': `---`, '’': `'`, '“': "``", '”': `''`, '…': `\ldots{}`,
}

// texText makes plain text fit for LaTeX.
func texText(v any) string {
	var b strings.Builder
	for _, r := range fmt.Sprint(v) {
		if c, ok := texCommands[r]; ok {
			b.WriteString(c)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

// texTable sets a table in the style of booktabs, no wider than the text.
func texTable(t table.Writer) (string, error) {
	if t == nil {
		return "", nil
	}
	rows, err := csv.NewReader(strings.NewReader(t.RenderCSV())).ReadAll()
	if err != nil {
		return "", fmt.Errorf("compare: table: %w", err)
	}
	var b strings.Builder
	for i, row := range rows {
		if i == 0 {
			fmt.Fprintf(&b, "\\begin{fitted}{%s}\n\\toprule\n", strings.Repeat("l", len(row)))
		}
		for j, cell := range row {
			if j > 0 {
				b.WriteString(" & ")
			}
			b.WriteString(texText(cell))
		}
		b.WriteString(" \\\\\n")
		if i == 0 {
			b.WriteString("\\midrule\n")
		}
	}
	b.WriteString("\\bottomrule\n\\end{fitted}\n")
	return b.String(), nil
}
