package grid_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"pdesolve/grid"
)

func readNPZ(b []byte) ([]grid.Array, error) {
	return grid.ReadNPZ(bytes.NewReader(b), int64(len(b)))
}

func npzBytes(t testing.TB, arrays ...grid.Array) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, grid.WriteNPZ(&b, arrays...))
	return b.Bytes()
}

// zipOf returns a zip file with one member.
func zipOf(t testing.TB, method uint16, name string, body []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: method})
	require.NoError(t, err)
	_, err = w.Write(body)
	require.NoError(t, err)
	require.NoError(t, z.Close())
	return b.Bytes()
}

// npy returns an npy file of version 1.0 with the given dictionary and data.
func npy(dict string, data any) []byte {
	b := append([]byte("\x93NUMPY\x01\x00"), byte(len(dict)), byte(len(dict)>>8))
	b = append(b, dict...)
	if data == nil {
		return b
	}
	b, err := binary.Append(b, binary.LittleEndian, data)
	if err != nil {
		panic(err)
	}
	return b
}

func TestNPZRoundTrip(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	long := make([]float64, 40000)
	for i := range long {
		long[i] = rng.NormFloat64()
	}
	want := []grid.Array{
		{Name: "scalar", Shape: []int{}, Data: []float64{math.Pi}},
		{Name: "vector", Shape: []int{3}, Data: []float64{1, math.Inf(-1), math.Copysign(0, -1)}},
		{Name: "empty", Shape: []int{2, 0, 5}, Data: []float64{}},
		{Name: "softmax-scalar.theta", Shape: []int{10, 4, 50, 20}, Data: long},
		{Name: "größe", Shape: []int{1, 1, 1, 1, 1, 1, 1}, Data: []float64{5e-324}},
	}
	b := npzBytes(t, want...)
	got, err := readNPZ(b)
	require.NoError(t, err)
	assert.Equal(t, want, got)
	assert.Equal(t, b, npzBytes(t, want...), "equal arrays give equal bytes")
}

// The bytes of the member are those of numpy.save: they were compared with numpy
// 1.24.2, `numpy.save(f, numpy.arange(6.).reshape(2, 3))`.
func TestNPZGoldenMember(t *testing.T) {
	b := npzBytes(t, grid.Array{Name: "x", Shape: []int{2, 3}, Data: []float64{0, 1, 2, 3, 4, 5}})
	header := "\x93NUMPY\x01\x00\x76\x00{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }"
	header += strings.Repeat(" ", 127-len(header)) + "\n"
	member, err := binary.Append([]byte(header), binary.LittleEndian, []float64{0, 1, 2, 3, 4, 5})
	require.NoError(t, err)
	assert.Equal(t, 1, bytes.Count(b, member))
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	require.NoError(t, err)
	require.Len(t, z.File, 1)
	assert.Equal(t, "x.npy", z.File[0].Name)
	assert.Equal(t, zip.Store, z.File[0].Method)
	assert.Equal(t, 1980, z.File[0].Modified.Year())
}

func TestReadNPZKindsAndOrders(t *testing.T) {
	dict := func(descr, order string) string {
		return "{'descr': '" + descr + "', 'fortran_order': " + order + ", 'shape': (2, 3), }\n"
	}
	want := []float64{0, 1, 2, 3, 4, -5}
	for _, method := range []uint16{zip.Store, zip.Deflate} {
		for name, body := range map[string][]byte{
			"f8":      npy(dict("<f8", "False"), want),
			"f4":      npy(dict("<f4", "False"), []float32{0, 1, 2, 3, 4, -5}),
			"i8":      npy(dict("<i8", "False"), []int64{0, 1, 2, 3, 4, -5}),
			"i4":      npy(dict("<i4", "False"), []int32{0, 1, 2, 3, 4, -5}),
			"fortran": npy(dict("<f8", "True"), []float64{0, 3, 1, 4, 2, -5}),
			"order":   npy(`{"shape":(2,3),"fortran_order":False,"descr":"<f8"}`, want),
		} {
			got, err := readNPZ(zipOf(t, method, name+".npy", body))
			require.NoError(t, err, name)
			assert.Equal(t, []grid.Array{{Name: name, Shape: []int{2, 3}, Data: want}}, got)
		}
	}
	v2 := append([]byte("\x93NUMPY\x02\x00"), 60, 0, 0, 0)
	v2 = append(v2, (dict("<f8", "False") + strings.Repeat(" ", 60))[:60]...)
	v2, err := binary.Append(v2, binary.LittleEndian, want)
	require.NoError(t, err)
	got, err := readNPZ(zipOf(t, zip.Store, "v2.npy", v2))
	require.NoError(t, err)
	assert.Equal(t, want, got[0].Data)
}

func TestReadNPZRefuses(t *testing.T) {
	for want, body := range map[string][]byte{
		"pickle":                     npy("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }", []float64{1}),
		"want one of <f8":            npy("{'descr': '>f8', 'fortran_order': False, 'shape': (1,), }", []float64{1}),
		"a structured type":          npy("{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (1,), }", []float64{1}),
		"want True or False":         npy("{'descr': '<f8', 'fortran_order': 0, 'shape': (1,), }", []float64{1}),
		"want a tuple":               npy("{'descr': '<f8', 'fortran_order': False, 'shape': 1, }", []float64{1}),
		"lengths of 0 or more":       npy("{'descr': '<f8', 'fortran_order': False, 'shape': (-1,), }", []float64{1}),
		"more elements than memory":  npy("{'descr': '<f8', 'fortran_order': False, 'shape': (4000000000, 4000000000), }", nil),
		"not what numpy writes":      npy("{'descr': '<f8', 'shape': (1,), }", []float64{1}),
		"cut short":                  npy("{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }", []float64{1}),
		"2000000000 elements":        npy("{'descr': '<f8', 'fortran_order': False, 'shape': (2000000000,), }", []float64{1}),
		"more data than the shape":   npy("{'descr': '<f8', 'fortran_order': False, 'shape': (1,), }", []float64{1, 2}),
		"beyond 2^53":                npy("{'descr': '<i8', 'fortran_order': False, 'shape': (1,), }", []int64{1<<53 + 1}),
		"not an npy file":            []byte("hello, world: some text"),
		"no npy header":              []byte("\x93NUM"),
		"version 9.0":                []byte("\x93NUMPY\x09\x00\x00\x00\x00\x00"),
		"header of 4294967295 bytes": []byte("\x93NUMPY\x02\x00\xff\xff\xff\xff"),
	} {
		for _, method := range []uint16{zip.Store, zip.Deflate} {
			_, err := readNPZ(zipOf(t, method, "bad.npy", body))
			require.ErrorContains(t, err, want)
			assert.ErrorContains(t, err, `member "bad.npy"`)
		}
	}
	_, err := readNPZ(zipOf(t, zip.Store, "readme.txt", nil))
	assert.ErrorContains(t, err, "readme.txt")
	_, err = readNPZ([]byte("not a zip"))
	assert.ErrorContains(t, err, "not a zip file")
	b := npzBytes(t, grid.Array{Name: "x", Shape: []int{1}, Data: []float64{1.5}})
	i := bytes.Index(b, binary.LittleEndian.AppendUint64(nil, math.Float64bits(1.5)))
	b[i] ^= 1
	_, err = readNPZ(b)
	assert.ErrorIs(t, err, zip.ErrChecksum)
}

func TestWriteNPZRefuses(t *testing.T) {
	var b bytes.Buffer
	for _, name := range []string{"", "a/b", `a\b`, "a\x00", "\xff"} {
		assert.ErrorContains(t, grid.WriteNPZ(&b, grid.Array{Name: name, Data: []float64{1}}), "array name")
	}
	one := grid.Array{Name: "x", Data: []float64{1}}
	assert.ErrorContains(t, grid.WriteNPZ(&b, one, one), `"x" is given twice`)
	assert.Zero(t, b.Len())
	assert.Panics(t, func() { _ = grid.WriteNPZ(&b, grid.Array{Name: "x", Shape: []int{2}, Data: []float64{1}}) })
	assert.Panics(t, func() { _ = grid.WriteNPZ(&b, grid.Array{Name: "x", Shape: []int{-1}}) })
	assert.ErrorIs(t, grid.WriteNPZ(fullDisk{}, one), errDisk)
}

var errDisk = errors.New("no space left")

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errDisk }

// Any damage gives an error or the arrays, but no panic and no allocation out of
// proportion to the file.
func TestReadNPZSurvivesDamage(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 7))
	deflated := zipOf(t, zip.Deflate, "y.npy", npy("{'descr': '<f8', 'fortran_order': True, 'shape': (20, 5), }", make([]float64, 100)))
	plain := npzBytes(t, grid.Array{Name: "x", Shape: []int{3, 4}, Data: make([]float64, 12)}, grid.Array{Name: "z", Data: []float64{1}})
	var before, after runtime.MemStats
	for range 4000 {
		b := bytes.Clone(plain)
		if rng.IntN(2) == 0 {
			b = bytes.Clone(deflated)
		}
		for range 1 + rng.IntN(4) {
			b[rng.IntN(len(b))] = byte(rng.Uint32())
		}
		b = b[:len(b)-rng.IntN(2)*rng.IntN(len(b))]
		runtime.ReadMemStats(&before)
		_, _ = readNPZ(b)
		runtime.ReadMemStats(&after)
		require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(8<<20))
	}
}

// A header that claims 16 GB, and a directory with many entries for one member,
// cost no more than the bytes that are there.
func TestReadNPZBoundsMemory(t *testing.T) {
	claim := npy("{'descr': '<f8', 'fortran_order': False, 'shape': (2000000000,), }", make([]float64, 100))
	for _, method := range []uint16{zip.Store, zip.Deflate} {
		b := zipOf(t, method, "claim.npy", claim)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := readNPZ(b)
		runtime.ReadMemStats(&after)
		assert.ErrorContains(t, err, "cut short")
		assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(1<<20))
	}

	b := zipOf(t, zip.Store, "0.npy", npy("{'descr': '<f8', 'fortran_order': False, 'shape': (100,), }", make([]float64, 100)))
	at := bytes.LastIndex(b, []byte("PK\x01\x02"))
	end := bytes.LastIndex(b, []byte("PK\x05\x06"))
	directory, trailer := b[at:end], bytes.Clone(b[end:])
	forged := bytes.Clone(b[:at])
	const copies = 50
	for i := range copies {
		entry := bytes.Clone(directory)
		entry[46] = byte('0' + i) // the name follows 46 fixed bytes
		forged = append(forged, entry...)
	}
	binary.LittleEndian.PutUint16(trailer[8:], copies)
	binary.LittleEndian.PutUint16(trailer[10:], copies)
	binary.LittleEndian.PutUint32(trailer[12:], uint32(copies*len(directory)))
	_, err := readNPZ(append(forged, trailer...))
	assert.ErrorContains(t, err, "longer than the file")
}

func FuzzReadNPZ(f *testing.F) {
	f.Add(npzBytes(f, grid.Array{Name: "x", Shape: []int{3, 4}, Data: make([]float64, 12)}))
	f.Add(zipOf(f, zip.Deflate, "y.npy", npy("{'descr': '<i4', 'fortran_order': True, 'shape': (2, 1), }", []int32{1, 2})))
	f.Fuzz(func(t *testing.T, b []byte) {
		arrays, err := readNPZ(b)
		if err != nil {
			return
		}
		for _, a := range arrays {
			n := 1
			for _, s := range a.Shape {
				n *= s
			}
			require.Len(t, a.Data, n)
		}
	})
}

func TestDensityFile(t *testing.T) {
	g, err := grid.New(grid.Axis{Lo: -1.1, Hi: 2.3, N: 7}, grid.Axis{Lo: 1e6, Hi: 1e6 + 1, N: 5}, grid.Axis{Lo: 0, Hi: 1, N: 1})
	require.NoError(t, err)
	d := grid.NewDensity(g)
	for i := range d.Values {
		d.Values[i] = float64(i * i)
	}
	var b bytes.Buffer
	require.NoError(t, grid.WriteDensity(&b, d))
	got, err := grid.ReadDensity(bytes.NewReader(b.Bytes()), int64(b.Len()))
	require.NoError(t, err)
	assert.True(t, got.Grid.Equal(g))
	assert.Equal(t, d.Values, got.Values)

	edges := grid.Array{Name: "edges_0", Shape: []int{3}, Data: []float64{0, 1, 2}}
	rho := grid.Array{Name: "rho", Shape: []int{2}, Data: []float64{0.5, 0.5}}
	for want, arrays := range map[string][]grid.Array{
		`no array "edges_0"`:   {rho},
		`no array "rho"`:       {edges},
		"differ by a factor 3": {{Name: "edges_0", Shape: []int{3}, Data: []float64{0, 1.5, 2}}, rho},
		"is not above lo":      {{Name: "edges_0", Shape: []int{3}, Data: []float64{2, 1, 0}}, rho},
		"want a list":          {{Name: "edges_0", Shape: []int{3, 1}, Data: []float64{0, 1, 2}}, rho},
		"shape [3]: want [2]":  {edges, {Name: "rho", Shape: []int{3}, Data: []float64{1, 2, 3}}},
		"element 1 is NaN":     {edges, {Name: "rho", Shape: []int{2}, Data: []float64{1, math.NaN()}}},
		"are at 0 and NaN":     {{Name: "edges_0", Shape: []int{3}, Data: []float64{0, math.NaN(), 2}}, rho},
	} {
		b := npzBytes(t, arrays...)
		_, err := grid.ReadDensity(bytes.NewReader(b), int64(len(b)))
		assert.ErrorContains(t, err, want)
	}
	_, err = grid.ReadDensity(strings.NewReader("x"), 1)
	assert.ErrorContains(t, err, "not a zip file")
}
