package transformer

// SetKeptBytes changes keptBytes and returns what puts it back.
func SetKeptBytes(n int) (restore func()) {
	old := keptBytes
	keptBytes = n
	return func() { keptBytes = old }
}
