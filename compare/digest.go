package compare

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash"
	"math"
	"reflect"
	"slices"
)

// digest returns a hash of plain values: of the names of their types and of all their
// fields, exported or not, so that two values of the same digest describe the same
// computation. Pointers stand for what they point to. It fails on what is no plain
// value: functions, channels, values that contain themselves.
func digest(values ...any) (string, error) {
	h := sha256.New()
	for _, v := range values {
		if err := writeDigest(h, reflect.ValueOf(v), 0); err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// digestDepth bounds the nesting of a value, which a cycle would exceed.
const digestDepth = 64

// writeDigest writes one value so that no two different values write the same bytes:
// each is preceded by its type, each sequence by its length.
func writeDigest(h hash.Hash, v reflect.Value, depth int) error {
	if depth > digestDepth {
		return fmt.Errorf("compare: digest: a value nested deeper than %d", digestDepth)
	}
	if !v.IsValid() {
		writeString(h, "nil")
		return nil
	}
	t := v.Type()
	writeString(h, t.String())
	switch t.Kind() {
	case reflect.Bool:
		if v.Bool() {
			writeNumber(h, 1)
		} else {
			writeNumber(h, 0)
		}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		writeNumber(h, uint64(v.Int()))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		writeNumber(h, v.Uint())
	case reflect.Float32, reflect.Float64:
		writeNumber(h, math.Float64bits(v.Float()))
	case reflect.String:
		writeString(h, v.String())
	case reflect.Pointer, reflect.Interface:
		return writeDigest(h, v.Elem(), depth+1)
	case reflect.Slice, reflect.Array:
		writeNumber(h, uint64(v.Len()))
		for i := range v.Len() {
			if err := writeDigest(h, v.Index(i), depth+1); err != nil {
				return err
			}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			writeString(h, t.Field(i).Name)
			if err := writeDigest(h, v.Field(i), depth+1); err != nil {
				return err
			}
		}
	case reflect.Map:
		return writeMap(h, v, depth)
	default:
		if t.Kind() == reflect.Func && v.IsNil() {
			return nil
		}
		return fmt.Errorf("compare: digest: a %s is no plain value", t)
	}
	return nil
}

// writeMap writes the entries of a map in the order of their digests.
func writeMap(h hash.Hash, v reflect.Value, depth int) error {
	var entries []string
	for _, key := range v.MapKeys() {
		e := sha256.New()
		if err := writeDigest(e, key, depth+1); err != nil {
			return err
		}
		if err := writeDigest(e, v.MapIndex(key), depth+1); err != nil {
			return err
		}
		entries = append(entries, string(e.Sum(nil)))
	}
	slices.Sort(entries)
	writeNumber(h, uint64(len(entries)))
	for _, e := range entries {
		writeString(h, e)
	}
	return nil
}

func writeString(h hash.Hash, s string) {
	writeNumber(h, uint64(len(s)))
	h.Write([]byte(s))
}

func writeNumber(h hash.Hash, n uint64) {
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], n)
	h.Write(b[:])
}
