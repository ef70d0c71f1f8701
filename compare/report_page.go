package compare

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"text/template"
	"time"

	_ "embed"
	htmltemplate "html/template"

	"github.com/jedib0t/go-pretty/v6/table"

	"pdesolve/pde"
)

// contracts is pde.Contracts; of a group of runs each field is the worst.
type contracts = pde.Contracts

// groupNames are the kinds of runs of which there are so many that they share a row.
var groupNames = map[Kind]string{Finite: "networks", CoupledParticles: "coupled particles", Response: "mean fields of changed starts"}

// contractGroups returns the rows of the table of contracts in the order of the
// runs.
func contractGroups(r *Result) []contractGroup {
	type family struct {
		kind  Kind
		depth int
	}
	var out []contractGroup
	at, count := map[family]int{}, map[family]int{}
	for _, run := range r.Runs {
		c, wall := run.Trajectory.Contracts, run.Wall.Seconds()
		if groupNames[run.Kind] == "" {
			out = append(out, contractGroup{label: run.ID, grid: run.Kind == Grid, worst: c, seconds: wall})
			continue
		}
		f := family{run.Kind, run.Depth}
		i, ok := at[f]
		if !ok {
			i = len(out)
			at[f] = i
			out = append(out, contractGroup{worst: c})
		}
		g := &out[i]
		g.worst = worse(g.worst, c)
		g.seconds += wall
		count[f]++
	}
	for f, i := range at {
		out[i].label = fmt.Sprintf("%s, L = %d (%d runs, the worst)", groupNames[f.kind], f.depth, count[f])
	}
	return out
}

func worse(a, b contracts) contracts {
	return contracts{
		MassError: max(a.MassError, b.MassError), MinDensity: min(a.MinDensity, b.MinDensity),
		EnergyRise: max(a.EnergyRise, b.EnergyRise), Residual: max(a.Residual, b.Residual),
		WallMass: max(a.WallMass, b.WallMass), Certificate: max(a.Certificate, b.Certificate),
		Tolerance: max(a.Tolerance, b.Tolerance), Uncertified: a.Uncertified + b.Uncertified, Gap: max(a.Gap, b.Gap), Iterations: a.Iterations + b.Iterations,
		Steps: max(a.Steps, b.Steps), Evaluations: max(a.Evaluations, b.Evaluations), MaxDt: max(a.MaxDt, b.MaxDt),
	}
}

// page is what both reports show: words, tables and figures, without mark-up.
type page struct {
	Title      string
	Question   string
	Answers    []string     // of the abstract
	Key        table.Writer // of the abstract; nil where no rate is measured
	Sentences  []string     // of all ladders
	Setup      []term
	Symbols    []term
	Training   table.Writer // nil where networks are compared with a limit
	Rates      table.Writer // nil where none are measured
	Rivals     table.Writer // nil where no networks are measured
	Methods    table.Writer // nil where the methods agree
	Doubts     []doubt
	Unused     []doubt
	Findings   []Finding
	Lead       *figure // of the page's abstract; not among Errors
	Errors     []figure
	Curves     []figure
	Densities  []densityPart
	Heads      []figure         // attention and parameters of networks
	Assumed    *assumptionsPart // nil where there are no prompts
	Contracts  table.Writer
	JKO        table.Writer // nil where no run has certificates
	References table.Writer // nil where there are no rates
	Notes      []string
	Provenance []term
}

func newPage(r *Result, p Provenance) (*page, error) {
	pg := &page{
		Title: r.Study.Name,
		Question: "How fast does a Transformer of L layers with M heads each approach its mean-field limit, the Wasserstein gradient-flow PDE of its parameters, " +
			"and how accurately do the solvers of that PDE compute the limit?",
		Answers: abstract(r), Key: keyTable(r), Sentences: sentences(r), Setup: setup(r), Symbols: symbolList(intervalHeader(r.Study.Confidence)),
		Rates: RatesTable(r), Rivals: rivalsTable(r), Methods: methodsTable(r), Doubts: warnings(r), Unused: unused(r), Findings: r.Findings, Errors: append(rateFigures(r), sweepFigures(r)...),
		Densities: densityParts(r), Heads: append(attentionFigures(r), headFigures(r)...), Assumed: assumptions(r), Contracts: contractsTable(r), JKO: JKOTable(r.Runs), References: referencesTable(r),
		Notes: r.Notes, Provenance: provenance(r, p),
	}
	if r.TrainsOnly() {
		pg.Question = "How do Transformers of finite depth L and width M train: risk, objective and gradient along the training time τ, and what becomes of their heads?"
		pg.Key, pg.Sentences = nil, nil
		pg.Answers, pg.Training, pg.Rates, pg.References = trainingAnswers(r), TrainingTable(r), nil, nil
		pg.Symbols = slices.DeleteFunc(pg.Symbols, func(t term) bool { return slices.Contains(ofRates, t.Name) })
		pg.Provenance = slices.DeleteFunc(pg.Provenance, func(t term) bool { return t.Name == "Intervals" })
		if f, ok := trainingFigure(r); ok {
			pg.Curves = append(pg.Curves, f)
		}
		return pg, nil
	}
	pg.lead()
	if f, ok := riskFigure(r); ok {
		pg.Curves = append(pg.Curves, f)
	}
	if f, ok := energyFigure(r); ok {
		pg.Curves = append(pg.Curves, f)
	}
	return pg, nil
}

// ofRates are the symbols and words that only rates need.
var ofRates = []string{"error", "slope", "verdict", "rival laws"}

// KeyCaption explains the table of the abstract.
func (pg *page) KeyCaption() string {
	return "Slopes of log error, of networks and then of solvers, in the first quantity of each ladder; all are under Rates, and symbols and verdicts are explained after the figure."
}

// lead takes the figure that answers the question best out of the others.
func (pg *page) lead() {
	for _, a := range []Against{FixedBudget, Parameters, Width, Depth, Step, Cells} {
		i := slices.IndexFunc(pg.Errors, func(f figure) bool { return f.File == errorFile(a) })
		if i >= 0 {
			f := pg.Errors[i]
			pg.Lead, pg.Errors = &f, slices.Delete(pg.Errors, i, i+1)
			return
		}
	}
}

// unused lists the points that did not enter a fit, with the reason.
func unused(r *Result) []doubt {
	var out []doubt
	for i := range r.Ladders {
		l := &r.Ladders[i]
		for _, p := range l.Points {
			if !p.Used && p.Why != "" {
				out = append(out, doubt{Rates: fmt.Sprintf("%s against %s at %s", l.Quantity, l.against(), plain(p.X)), Text: p.Why})
			}
		}
	}
	return out
}

// allFigures returns every figure of the page.
func (pg *page) allFigures() []figure {
	out := append([]figure{}, pg.Errors...)
	if pg.Lead != nil {
		out = append(out, *pg.Lead)
	}
	out = append(out, pg.Curves...)
	out = append(out, pg.Heads...)
	for _, d := range pg.Densities {
		out = append(out, d.Figure)
		out = append(out, d.Frames...)
	}
	return out
}

func provenance(r *Result, p Provenance) []term {
	var out []term
	add := func(name, text string) {
		if text != "" {
			out = append(out, term{name, text})
		}
	}
	add("Experiment", r.Study.Name)
	add("Command", p.Command)
	add("Version", p.Version)
	add("Built with", strings.TrimSpace(p.Go+" "+strings.Trim(p.GOOS+"/"+p.GOARCH, "/")))
	if !p.Started.IsZero() {
		add("Started", p.Started.UTC().Format("2006-01-02 15:04:05 UTC"))
	}
	if r.Wall > 0 {
		add("Wall time", significant(r.Wall.Seconds(), 2)+" s")
	}
	runs, work := len(r.Runs), time.Duration(0)
	for _, run := range r.Runs {
		work += run.Wall
	}
	add("Runs", fmt.Sprintf("%d, together %s s of computing", runs, significant(math.Round(work.Seconds()*100)/100, 3)))
	add("Intervals", "Ladders without chance: the hull of Student's interval from the scatter about the fitted line and of what a term of next order, c/X, would change. Ladders with seeds: the hull of Student's interval and an expanded percentile bootstrap over seeds (2000 resamples; the same seeds at all levels, because the draws are nested). As long as more than four levels are left and the slopes between neighbours drift, the coarsest level is left out. Intervals are of single rates: of many, a few miss by chance.")
	add("To repeat", "Run the command on resolved.yaml: summary.json and series.csv come out the same, wall times aside.")
	add("Theory", "G: Gao, Cao, Li, He, Wang, Liu, Klusowski, Fan, Global Convergence in Training Large-Scale Transformers, NeurIPS 2024, arXiv 2410.23610.")
	return out
}

//go:embed report.html.tmpl
var htmlSource string

//go:embed report.md.tmpl
var markdownSource string

var htmlPage = htmltemplate.Must(htmltemplate.New("report.html").Funcs(htmltemplate.FuncMap{
	"table":  func(t table.Writer) htmltemplate.HTML { return htmltemplate.HTML(t.RenderHTML()) },
	"inline": func(f figure) htmltemplate.HTML { return htmltemplate.HTML(f.inline()) },
}).Parse(htmlSource))

var markdownPage = template.Must(template.New("report.md").Funcs(template.FuncMap{
	"table": func(t table.Writer) string { return t.RenderMarkdown() },
	"line": func(s string) string {
		return strings.NewReplacer("|", "\\|", "*", "\\*", "_", "\\_", "<", "&lt;").Replace(s)
	},
}).Parse(markdownSource))

// html writes report.html: one file that needs nothing else.
func (pg *page) html(w io.Writer) error { return htmlPage.Execute(w, pg) }

// markdown writes report.md, which links to the figures beside it.
func (pg *page) markdown(w io.Writer) error { return markdownPage.Execute(w, pg) }
