//go:build long

package main

import "testing"

// TestResumeAfterFiftyKills kills a built-in experiment at fifty random moments.
func TestResumeAfterFiftyKills(t *testing.T) {
	inFolder(t, nil)
	killAndResume(t, "tiny", 50)
}
