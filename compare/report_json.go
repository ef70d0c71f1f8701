package compare

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"time"

	"pdesolve/pde"
)

// number is a float64 that JSON can hold: NaN and the infinities, for which JSON
// has no word, become null, and null becomes NaN.
type number float64

// MarshalJSON implements json.Marshaler.
func (n number) MarshalJSON() ([]byte, error) {
	if !isFinite(float64(n)) {
		return []byte("null"), nil
	}
	return json.Marshal(float64(n))
}

// UnmarshalJSON implements json.Unmarshaler.
func (n *number) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		*n = number(math.NaN())
		return nil
	}
	return json.Unmarshal(b, (*float64)(n))
}

func numbers(x []float64) []number {
	if x == nil {
		return nil
	}
	n := make([]number, len(x))
	for i, v := range x {
		n[i] = number(v)
	}
	return n
}

func floats(n []number) []float64 {
	if n == nil {
		return nil
	}
	x := make([]float64, len(n))
	for i, v := range n {
		x[i] = float64(v)
	}
	return x
}

// summary is the document summary.json. Only the fields named wall_seconds differ
// between two runs of the same experiment by the same program.
type summary struct {
	Experiment string           `json:"experiment"`
	Version    string           `json:"version,omitempty"`
	Confidence number           `json:"confidence"`
	Runs       []summaryRun     `json:"runs"`
	Rates      []summaryRate    `json:"rates"`
	Findings   []summaryFinding `json:"findings,omitempty"`
	Notes      []string         `json:"notes"`
	Wall       number           `json:"wall_seconds"`
}

type summaryRun struct {
	ID          string   `json:"id"`
	Kind        Kind     `json:"kind"`
	Scheme      string   `json:"scheme"`
	Cells       []int    `json:"cells,omitempty"`
	Dt          number   `json:"dt,omitempty"`
	Depth       int      `json:"depth"`
	Continuous  bool     `json:"continuous,omitempty"`
	Width       int      `json:"width"`
	Nodes       int      `json:"nodes,omitempty"`
	Seed        uint64   `json:"seed"`
	Sources     []Source `json:"sources"`
	Time        []number `json:"time"`
	Risk        []number `json:"risk"`
	Objective   []number `json:"objective"`
	Dissipation []number `json:"dissipation"`
	Residual    []number `json:"residual"`
	ErrorL1     []number `json:"error_l1,omitempty"`
	ErrorW2     []number `json:"error_w2,omitempty"`
	W2          []number `json:"w2,omitempty"`
	W2Lower     []number `json:"w2_lower,omitempty"`
	W2Upper     []number `json:"w2_upper,omitempty"`
	W2To        string   `json:"w2_to,omitempty"`
	MassError   number   `json:"mass_error"`
	MinDensity  number   `json:"min_density"`
	EnergyRise  number   `json:"energy_rise"`
	Dissipated  number   `json:"dissipation_residual"`
	WallMass    number   `json:"wall_mass"`
	Certificate number   `json:"certificate"`
	Tolerance   number   `json:"certificate_tolerance,omitempty"`
	Uncertified int      `json:"uncertified_steps,omitempty"`
	Gap         number   `json:"dual_gap,omitempty"`
	Iterations  int      `json:"iterations,omitempty"`
	Steps       int      `json:"steps"`
	Evaluations int      `json:"evaluations"`
	Rejections  int      `json:"rejections,omitempty"`
	Limited     int      `json:"limited,omitempty"`
	MaxDt       number   `json:"max_dt"`
	Motion      number   `json:"motion,omitempty"`
	Steady      bool     `json:"steady,omitempty"`
	Crowded     number   `json:"concentration,omitempty"`
	Warnings    []string `json:"warnings,omitempty"`
	Accuracy    []number `json:"accuracy,omitempty"`
	ValidRisk   []number `json:"validation_risk,omitempty"`
	ValidScore  []number `json:"validation_accuracy,omitempty"`
	TestRisk    []number `json:"test_risk,omitempty"`
	TestScore   []number `json:"test_accuracy,omitempty"`
	Stopped     string   `json:"stopped,omitempty"`
	Wall        number   `json:"wall_seconds"`
}

type summaryRate struct {
	Quantity  Quantity       `json:"quantity"`
	Against   Against        `json:"against"`
	Scheme    string         `json:"scheme,omitempty"`
	Value     number         `json:"value"`
	Lo        number         `json:"lo"`
	Hi        number         `json:"hi"`
	Constant  number         `json:"constant"`
	Predicted number         `json:"predicted"`
	Bound     bool           `json:"bound"`
	Source    string         `json:"source"`
	Verdict   Verdict        `json:"verdict"`
	Points    int            `json:"points"`
	Warnings  []string       `json:"warnings"`
	Reference string         `json:"reference"`
	Ladder    []summaryPoint `json:"ladder"`
	Rivals    []summaryRival `json:"rivals,omitempty"`

	Intervals []summaryInterval `json:"intervals"`
	LeaveOut  []number          `json:"leave_one_out,omitempty"`
	Floor     *summaryFloor     `json:"floor,omitempty"`
}

type summaryInterval struct {
	Method Method `json:"method"`
	Lo     number `json:"lo"`
	Hi     number `json:"hi"`
	Joined bool   `json:"joined"`
}

type summaryFloor struct {
	Slope  number `json:"slope"`
	Level  number `json:"level"`
	Points int    `json:"points"`
}

type summaryRival struct {
	Name   string `json:"name"`
	Source string `json:"source"`
	Slope  number `json:"slope"`
	Sigmas number `json:"sigmas"`
	AIC    number `json:"aic"`
}

type summaryFinding struct {
	Against Against             `json:"against"`
	Title   string              `json:"title"`
	Columns []string            `json:"columns"`
	Rows    []summaryFindingRow `json:"rows"`
	Text    []string            `json:"text"`
	Source  string              `json:"source"`
	Verdict Verdict             `json:"verdict,omitempty"`
}

type summaryFindingRow struct {
	Label  string   `json:"label,omitempty"`
	Values []number `json:"values"`
}

type summaryPoint struct {
	X         number   `json:"x"`
	Depth     int      `json:"depth"`
	Width     int      `json:"width"`
	Signed    bool     `json:"signed,omitempty"`
	Error     number   `json:"error"`
	Seeds     []number `json:"seeds,omitempty"`
	Reference number   `json:"reference"`
	Runs      []string `json:"runs"`
	Used      bool     `json:"used"`
	Why       string   `json:"why,omitempty"`
}

// WriteSummary writes summary.json: every run with its curve and contracts, every
// rate with the points behind it. The bytes depend on the result and the version
// only; wall times are in fields named wall_seconds.
func WriteSummary(w io.Writer, r *Result, version string) error {
	doc := summary{
		Experiment: r.Study.Name, Version: version, Confidence: number(r.Study.Confidence),
		Runs: []summaryRun{}, Rates: []summaryRate{}, Notes: orEmpty(r.Notes), Wall: number(r.Wall.Seconds()),
	}
	for _, run := range r.Runs {
		doc.Runs = append(doc.Runs, summariseRun(run))
	}
	for i := range r.Ladders {
		doc.Rates = append(doc.Rates, summariseLadder(&r.Ladders[i]))
	}
	for _, f := range r.Findings {
		s := summaryFinding{f.Against, f.Title, f.Columns, nil, orEmpty(f.Text), f.Source, f.Verdict}
		for _, row := range f.Rows {
			s.Rows = append(s.Rows, summaryFindingRow{row.Label, numbers(row.Values)})
		}
		doc.Findings = append(doc.Findings, s)
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	return e.Encode(doc)
}

func summariseRun(run *Run) summaryRun {
	t := run.Trajectory
	c := t.Contracts
	return summaryRun{
		ID: run.ID, Kind: run.Kind, Scheme: run.Scheme, Cells: run.Cells, Dt: number(run.Dt),
		Depth: run.Depth, Continuous: run.Continuous, Width: run.Width, Nodes: run.Nodes, Seed: run.Seed,
		Sources: orEmpty(run.Sources),
		Time:    numbers(t.Time), Risk: numbers(t.Risk), Objective: numbers(t.Energy),
		Dissipation: numbers(t.Dissipation), Residual: numbers(t.Residual),
		ErrorL1: numbers(run.ErrorL1), ErrorW2: numbers(run.ErrorW2),
		W2: numbers(run.W2), W2Lower: numbers(run.W2Lower), W2Upper: numbers(run.W2Upper), W2To: run.W2To,
		MassError: number(c.MassError), MinDensity: number(c.MinDensity), EnergyRise: number(c.EnergyRise),
		Dissipated: number(c.Residual), WallMass: number(c.WallMass), Certificate: number(c.Certificate),
		Tolerance: number(c.Tolerance), Uncertified: c.Uncertified, Gap: number(c.Gap), Iterations: c.Iterations,
		Steps: c.Steps, Evaluations: c.Evaluations, Rejections: c.Rejections, Limited: c.Limited, MaxDt: number(c.MaxDt),
		Motion: number(c.Motion), Steady: t.Steady, Crowded: number(c.Concentration), Warnings: t.Warnings,
		Accuracy: numbers(run.Accuracy), ValidRisk: numbers(run.ValidationRisk), ValidScore: numbers(run.ValidationAccuracy), TestRisk: numbers(run.TestRisk), TestScore: numbers(run.TestAccuracy), Stopped: run.Stopped,
		Wall: number(run.Wall.Seconds()),
	}
}

func summariseLadder(l *Ladder) summaryRate {
	r := l.Rate
	s := summaryRate{
		Quantity: l.Quantity, Against: l.Against, Scheme: l.Scheme,
		Value: number(r.Value), Lo: number(r.Lo), Hi: number(r.Hi), Constant: number(r.Constant),
		Predicted: number(r.Predicted), Bound: r.Bound, Source: r.Source, Verdict: r.Verdict, Points: r.Points,
		Warnings: orEmpty(r.Warnings), Reference: l.Reference, Ladder: []summaryPoint{},
		Intervals: []summaryInterval{},
	}
	if v := r.LeaveOut; v != nil {
		s.LeaveOut = numbers([]float64{v.Lo, v.Hi})
	}
	for _, v := range r.Intervals {
		s.Intervals = append(s.Intervals, summaryInterval{v.Method, number(v.Lo), number(v.Hi), v.Joined})
	}
	if f := r.Floor; f != nil {
		s.Floor = &summaryFloor{number(f.Slope), number(f.Level), f.Points}
	}
	for _, p := range l.Points {
		s.Ladder = append(s.Ladder, summaryPoint{
			X: number(p.X), Depth: p.Depth, Width: p.Width, Signed: p.Signed, Error: number(p.Error), Seeds: numbers(p.Seeds), Reference: number(p.Reference),
			Runs: orEmpty(p.Runs), Used: p.Used, Why: p.Why,
		})
	}
	for _, v := range l.Rivals {
		s.Rivals = append(s.Rivals, summaryRival{v.Name, v.Source, number(v.Slope), number(v.Sigmas), number(v.AIC)})
	}
	return s
}

// ReadSummary reads what WriteSummary wrote into a Result of the study s, and
// returns the version that wrote it. States, ensembles and outputs are not in the
// summary and stay nil.
func ReadSummary(rd io.Reader, s Study) (*Result, string, error) {
	var doc summary
	if err := json.NewDecoder(rd).Decode(&doc); err != nil {
		return nil, "", fmt.Errorf("compare: summary: %w", err)
	}
	r := &Result{Study: s, Notes: doc.Notes, Wall: seconds(doc.Wall)}
	for _, d := range doc.Runs {
		r.Runs = append(r.Runs, d.run())
	}
	for _, d := range doc.Rates {
		r.Ladders = append(r.Ladders, d.ladder())
	}
	for _, d := range doc.Findings {
		f := Finding{d.Against, d.Title, d.Columns, nil, d.Text, d.Source, d.Verdict}
		for _, row := range d.Rows {
			f.Rows = append(f.Rows, FindingRow{row.Label, floats(row.Values)})
		}
		r.Findings = append(r.Findings, f)
	}
	return r, doc.Version, nil
}

func (d summaryRun) run() *Run {
	return &Run{
		ID: d.ID, Kind: d.Kind, Scheme: d.Scheme, Cells: d.Cells, Dt: float64(d.Dt),
		Depth: d.Depth, Continuous: d.Continuous, Width: d.Width, Nodes: d.Nodes, Seed: d.Seed,
		Sources: d.Sources, Wall: seconds(d.Wall), ErrorL1: floats(d.ErrorL1), ErrorW2: floats(d.ErrorW2),
		W2: floats(d.W2), W2Lower: floats(d.W2Lower), W2Upper: floats(d.W2Upper), W2To: d.W2To,
		Accuracy: floats(d.Accuracy), ValidationRisk: floats(d.ValidRisk), ValidationAccuracy: floats(d.ValidScore), TestRisk: floats(d.TestRisk), TestAccuracy: floats(d.TestScore), Stopped: d.Stopped,
		Trajectory: &pde.Trajectory{
			Time: floats(d.Time), Risk: floats(d.Risk), Energy: floats(d.Objective),
			Dissipation: floats(d.Dissipation), Residual: floats(d.Residual),
			Contracts: pde.Contracts{
				MassError: float64(d.MassError), MinDensity: float64(d.MinDensity), EnergyRise: float64(d.EnergyRise),
				Residual: float64(d.Dissipated), WallMass: float64(d.WallMass), Certificate: float64(d.Certificate),
				Tolerance: float64(d.Tolerance), Uncertified: d.Uncertified, Gap: float64(d.Gap), Iterations: d.Iterations,
				Steps: d.Steps, Evaluations: d.Evaluations, Rejections: d.Rejections, Limited: d.Limited, MaxDt: float64(d.MaxDt),
				Motion: float64(d.Motion), Concentration: float64(d.Crowded),
			},
			Steady: d.Steady, Warnings: d.Warnings,
		},
	}
}

func (d summaryRate) ladder() Ladder {
	l := Ladder{
		Quantity: d.Quantity, Against: d.Against, Scheme: d.Scheme, Reference: d.Reference,
		Rate: Rate{
			Value: float64(d.Value), Lo: float64(d.Lo), Hi: float64(d.Hi), Constant: float64(d.Constant),
			Predicted: float64(d.Predicted), Bound: d.Bound, Source: d.Source, Verdict: d.Verdict, Points: d.Points, Warnings: d.Warnings,
		},
	}
	if v := d.LeaveOut; len(v) == 2 {
		l.Rate.LeaveOut = &Interval{Lo: float64(v[0]), Hi: float64(v[1])}
	}
	for _, v := range d.Intervals {
		l.Rate.Intervals = append(l.Rate.Intervals, Interval{v.Method, float64(v.Lo), float64(v.Hi), v.Joined})
	}
	if f := d.Floor; f != nil {
		l.Rate.Floor = &Floor{float64(f.Slope), float64(f.Level), f.Points}
	}
	for _, p := range d.Ladder {
		l.Points = append(l.Points, Point{
			X: float64(p.X), Depth: p.Depth, Width: p.Width, Signed: p.Signed, Error: float64(p.Error), Seeds: floats(p.Seeds), Reference: float64(p.Reference),
			Runs: p.Runs, Used: p.Used, Why: p.Why,
		})
	}
	for _, v := range d.Rivals {
		l.Rivals = append(l.Rivals, Rival{v.Name, v.Source, float64(v.Slope), float64(v.Sigmas), float64(v.AIC)})
	}
	return l
}

func seconds(n number) time.Duration {
	return time.Duration(math.Round(float64(n) * float64(time.Second)))
}

// orEmpty returns x, or an empty list where x is nil, so that JSON shows [].
func orEmpty[T any](x []T) []T {
	if x == nil {
		return []T{}
	}
	return x
}
