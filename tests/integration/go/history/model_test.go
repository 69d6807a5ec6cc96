package main

import (
	"testing"

	"github.com/anishathalye/porcupine"
)

type event struct {
	kind     kind
	value    string
	match    string
	outcome  outcome
	call     int64
	returned int64
}

const never = int64(1) << 62

func TestModelTellsHistories(t *testing.T) {
	for name, each := range map[string]struct {
		events []event
		want   bool
	}{
		"a read sees the write before it":           {[]event{{write, "a", "", done, 0, 1}, {read, "a", "", done, 2, 3}}, true},
		"a stale read":                              {[]event{{write, "a", "", done, 0, 1}, {read, "", "", done, 2, 3}}, false},
		"a write under way may be seen or not":      {[]event{{write, "a", "", done, 0, 9}, {read, "", "", done, 1, 2}}, true},
		"a value goes back":                         {[]event{{write, "a", "", done, 0, 1}, {write, "b", "", done, 2, 3}, {read, "a", "", done, 4, 5}}, false},
		"two winners of one condition":              {[]event{{writeAbsent, "a", "", done, 0, 9}, {writeAbsent, "b", "", done, 0, 9}}, false},
		"one winner, one refused":                   {[]event{{writeAbsent, "a", "", done, 0, 9}, {writeAbsent, "b", "", refused, 0, 9}}, true},
		"refused although it holds":                 {[]event{{write, "a", "", done, 0, 1}, {writeMatch, "b", "a", refused, 2, 3}}, false},
		"done although it does not hold":            {[]event{{write, "a", "", done, 0, 1}, {writeMatch, "b", "c", done, 2, 3}}, false},
		"a delete whose object comes back":          {[]event{{write, "a", "", done, 0, 1}, {remove, "", "", done, 2, 3}, {read, "a", "", done, 4, 5}}, false},
		"a delete of another version":               {[]event{{write, "a", "", done, 0, 1}, {removeMatch, "", "b", done, 2, 3}}, false},
		"a lost acknowledged write":                 {[]event{{write, "a", "", done, 0, 1}, {writeAbsent, "b", "", done, 2, 3}}, false},
		"an unanswered write that happened":         {[]event{{write, "a", "", unknown, 0, never}, {read, "a", "", done, 2, 3}}, true},
		"an unanswered write that did not":          {[]event{{write, "a", "", unknown, 0, never}, {read, "", "", done, 2, 3}}, true},
		"an unanswered write that came and went":    {[]event{{write, "a", "", unknown, 0, never}, {read, "a", "", done, 2, 3}, {read, "", "", done, 4, 5}}, false},
		"an unanswered write that happens later":    {[]event{{write, "a", "", unknown, 0, never}, {read, "", "", done, 2, 3}, {read, "a", "", done, 4, 5}}, true},
		"nothing is written before it is asked for": {[]event{{read, "a", "", done, 0, 1}, {write, "a", "", unknown, 2, never}}, false},
	} {
		var history []porcupine.Operation
		for client, e := range each.events {
			got := answer{outcome: e.outcome}
			asked := call{key: "k", kind: e.kind, match: e.match}
			if e.kind == read {
				got.value = e.value
			} else {
				asked.value = e.value
			}
			history = append(history, porcupine.Operation{
				ClientId: client, Input: asked, Call: e.call, Output: got, Return: e.returned,
			})
		}
		if porcupine.CheckOperations(model, history) != each.want {
			t.Errorf("%s: linearizable is not %v", name, each.want)
		}
	}
}
