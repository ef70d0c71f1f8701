package grid

import (
	"errors"
	"fmt"
	"slices"
)

// Product is the law of independent groups of coordinates, one group after the other:
// Times independent copies of each factor's law. It gives the many parameters of
// blocks with matrices their initial law.
type Product []Factor

// Factor is a group of coordinates of a Product.
type Factor struct {
	Times int `yaml:"times"` // copies of the law, at least 1; 0 stands for 1
	Law   Law `yaml:"law"`   // of one copy
}

// maxProduct bounds the coordinates of a Product: beyond it, a count is a mistake.
const maxProduct = 1 << 24

func init() { Laws.Add("product", func() Law { return new(Product) }) }

// Summary says what the law is in a line.
func (Product) Summary() string { return "independent groups of coordinates: a list of {times, law}" }

func (f *Factor) times() int { return max(1, f.Times) }

// Dim returns the number of coordinates of all groups; laws that are missing have
// none.
func (p Product) Dim() int {
	d := 0
	for i := range p {
		if p[i].Law != nil {
			d += p[i].times() * p[i].Law.Dim()
		}
	}
	return d
}

// Validate reports what makes the law unusable: no group, a group without a law, a
// negative number of copies, a law that is itself unusable.
func (p Product) Validate() error {
	if len(p) == 0 {
		return errors.New("empty: want a list of {times: …, law: …}")
	}
	total := 0
	for i, f := range p {
		switch {
		case f.Law == nil:
			return fmt.Errorf("entry %d: law: missing: want one of %v", i, Laws.Names())
		case f.Times < 0:
			return fmt.Errorf("entry %d: times: %d: want at least 1", i, f.Times)
		}
		if err := f.Law.Validate(); err != nil {
			return fmt.Errorf("entry %d: law: %w", i, err)
		}
		if f.times() > (maxProduct-total)/f.Law.Dim() {
			return fmt.Errorf("entry %d: times: %d: want at most %d coordinates in all", i, f.Times, maxProduct)
		}
		total += f.times() * f.Law.Dim()
	}
	return nil
}

// each calls f for every copy with the number of its first coordinate.
func (p Product) each(f func(l Law, at int) error) error {
	at := 0
	for i := range p {
		for range p[i].times() {
			if err := f(p[i].Law, at); err != nil {
				return err
			}
			at += p[i].Law.Dim()
		}
	}
	return nil
}

// Average writes the cell averages to dst, the products of those of the copies on their
// axes. See Law for what it refuses.
func (p Product) Average(dst *Density) error {
	if err := checkDim("product", p.Dim(), dst); err != nil {
		return err
	}
	if err := p.Validate(); err != nil {
		return fmt.Errorf("grid: product: %w", err)
	}
	out := []float64{1}
	err := p.each(func(l Law, at int) error {
		g, err := New(dst.Grid.axes[at : at+l.Dim()]...)
		if err != nil {
			return err
		}
		d := NewDensity(g)
		if err := l.Average(d); err != nil {
			var leak *LeakError
			if errors.As(err, &leak) {
				shifted := *leak
				shifted.Axis += at
				return &shifted
			}
			return err
		}
		next := make([]float64, 0, len(out)*len(d.Values))
		for _, v := range out {
			for _, x := range d.Values {
				next = append(next, v*x)
			}
		}
		out = next
		return nil
	})
	if err != nil {
		return err
	}
	copy(dst.Values, out)
	normalise(dst)
	return nil
}

// Quantile maps u to a point, copy by copy; see Law.
func (p Product) Quantile(dst, u []float64) {
	checkQuantile("product", p.Dim(), dst, u)
	_ = p.each(func(l Law, at int) error {
		to := at + l.Dim()
		l.Quantile(dst[at:to], u[at:to])
		return nil
	})
}

// Quadrature returns the tensor product of the rules of the copies; see Law.
func (p Product) Quadrature(rule Rule, n int) (points, weights []float64, err error) {
	if err := p.Validate(); err != nil {
		return nil, nil, fmt.Errorf("grid: product: %w", err)
	}
	dim := p.Dim()
	total, err := checkRule(rule, n, dim)
	if err != nil {
		return nil, nil, err
	}
	points, weights = make([]float64, dim*total), slices.Repeat([]float64{1}, total)
	stride := total
	err = p.each(func(l Law, at int) error {
		x, w, err := l.Quadrature(rule, n)
		if err != nil {
			return err
		}
		stride /= len(w)
		for i := range weights {
			j := i / stride % len(w)
			weights[i] *= w[j]
			for k := range l.Dim() {
				points[(at+k)*total+i] = x[k*len(w)+j]
			}
		}
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	scaleToOne(weights)
	return points, weights, nil
}
