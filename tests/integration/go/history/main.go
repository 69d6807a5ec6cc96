// Makes concurrent histories of reads, writes and deletes of a few keys, conditional ones among them, and has porcupine
// judge whether each key's history is linearizable. Whoever starts it may kill and restart the server meanwhile: what
// has no answer may have happened or not, at any time after it was asked for.
//
// Environment: S3_ENDPOINT, S3_BUCKET, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY. Flags: -clients, -keys, -seconds, -seed,
// -picture FILE (of a history that is not linearizable). Prints one line of JSON; exits 1 when a history is not
// linearizable, 2 when judging it took too long or an answer was not understood.
package main

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"math/rand"
	"os"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
)

type kind int

const (
	read kind = iota
	write
	writeAbsent // If-None-Match: *
	writeMatch  // If-Match
	remove
	removeMatch // If-Match
)

// What one call asks for. Values are known by their ETags; absent is "".
type call struct {
	key   string
	kind  kind
	value string // written
	match string // the If-Match
}

type outcome int

const (
	done outcome = iota
	refused
	unknown
	unasked // nobody was there to be asked
)

type answer struct {
	outcome outcome
	value   string // read
}

// A register for each key: S3's promise since 2020, strong read-after-write consistency.
var model = porcupine.Model{
	Partition: func(history []porcupine.Operation) [][]porcupine.Operation {
		byKey := map[string][]porcupine.Operation{}
		for _, each := range history {
			key := each.Input.(call).key
			byKey[key] = append(byKey[key], each)
		}
		return slices.Collect(maps.Values(byKey))
	},
	Init: func() any { return "" },
	Step: func(state, input, output any) (bool, any) {
		return step(state.(string), input.(call), output.(answer))
	},
	DescribeOperation: func(input, output any) string { return fmt.Sprintf("%v -> %v", input, output) },
}

func step(state string, asked call, got answer) (bool, string) {
	allowed, after := true, asked.value
	switch asked.kind {
	case read:
		return got.value == state, state
	case writeAbsent:
		allowed = state == ""
	case writeMatch:
		allowed = state == asked.match
	case removeMatch:
		// Where there is nothing to delete, S3 says 204; below a delete marker the condition fails.
		if state == "" {
			return true, state
		}
		allowed = state == asked.match
	}
	switch got.outcome {
	case refused:
		return !allowed, state
	case done:
		return allowed, after
	}
	if !allowed {
		return true, state
	}
	return true, after
}

type worker struct {
	client  *s3.Client
	bucket  *string
	random  *rand.Rand
	keys    int
	known   map[string]string // the last value this worker saw of a key
	history []porcupine.Operation
	unknown int
}

func etag(value []byte) string {
	sum := md5.Sum(value)
	return `"` + hex.EncodeToString(sum[:]) + `"`
}

func (w *worker) ask(asked call, body []byte) (answer, error) {
	wait, stop := context.WithTimeout(context.Background(), 5*time.Second)
	defer stop()
	optional := func(text string) *string {
		if text == "" {
			return nil
		}
		return &text
	}
	var err error
	var got answer
	switch asked.kind {
	case read:
		var object *s3.GetObjectOutput
		object, err = w.client.GetObject(wait, &s3.GetObjectInput{Bucket: w.bucket, Key: &asked.key})
		if err == nil {
			defer object.Body.Close()
			var room bytes.Buffer
			if _, err = room.ReadFrom(object.Body); err == nil {
				got.value = *object.ETag
				if etag(room.Bytes()) != got.value {
					return got, fmt.Errorf("the bytes of %s are not those of its ETag %s", asked.key, got.value)
				}
			}
		}
	case remove, removeMatch:
		_, err = w.client.DeleteObject(wait, &s3.DeleteObjectInput{
			Bucket: w.bucket, Key: &asked.key, IfMatch: optional(asked.match),
		})
	default:
		input := &s3.PutObjectInput{
			Bucket: w.bucket, Key: &asked.key, Body: bytes.NewReader(body), IfMatch: optional(asked.match),
		}
		if asked.kind == writeAbsent {
			input.IfNoneMatch = aws.String("*")
		}
		_, err = w.client.PutObject(wait, input)
	}
	if err == nil {
		return got, nil
	}
	var coded smithy.APIError
	if errors.Is(err, syscall.ECONNREFUSED) {
		return answer{outcome: unasked}, nil
	}
	if !errors.As(err, &coded) {
		return answer{outcome: unknown}, nil
	}
	switch coded.ErrorCode() {
	case "NoSuchKey":
		if asked.kind == read {
			return got, nil
		}
		return answer{outcome: refused}, nil
	case "PreconditionFailed":
		return answer{outcome: refused}, nil
	case "ConditionalRequestConflict", "SlowDown", "ServiceUnavailable", "RequestTimeout":
		return answer{outcome: unknown}, nil
	}
	return got, err
}

func (w *worker) run(id int, from time.Time, until time.Time) error {
	for number := 0; time.Now().Before(until); number++ {
		asked := call{key: fmt.Sprintf("key-%d", w.random.Intn(w.keys)), kind: kind(w.random.Intn(int(removeMatch) + 1))}
		known := w.known[asked.key]
		if known == "" && asked.kind == writeMatch {
			asked.kind = writeAbsent
		}
		if known == "" && asked.kind == removeMatch {
			asked.kind = read
		}
		if asked.kind == writeMatch || asked.kind == removeMatch {
			asked.match = known
		}
		// Sizes on both sides of what is stored as a file of its own.
		body := fmt.Appendf(nil, "%d of %d", number, id)
		if w.random.Intn(40) == 0 {
			body = append(body, make([]byte, 1_200_000)...)
		}
		if asked.kind == write || asked.kind == writeAbsent || asked.kind == writeMatch {
			asked.value = etag(body)
		}
		begun := time.Since(from).Nanoseconds()
		got, err := w.ask(asked, body)
		if err != nil {
			return err
		}
		ended := time.Since(from).Nanoseconds()
		if got.outcome == unasked {
			time.Sleep(20 * time.Millisecond)
			continue
		}
		if got.outcome == unknown {
			w.unknown++
			// Of a read nothing is learned; whatever else may happen until the end of the history.
			if asked.kind == read {
				continue
			}
			ended = 1 << 62
		} else if asked.kind == read {
			w.known[asked.key] = got.value
		} else if got.outcome == done {
			w.known[asked.key] = asked.value
		}
		w.history = append(w.history, porcupine.Operation{
			ClientId: id, Input: asked, Call: begun, Output: got, Return: ended,
		})
	}
	return nil
}

func main() {
	clients := flag.Int("clients", 8, "concurrent clients")
	keys := flag.Int("keys", 4, "keys they share")
	seconds := flag.Float64("seconds", 5, "length of the history")
	seed := flag.Int64("seed", 1, "what is chosen at random")
	picture := flag.String("picture", "", "where to draw a history that is not linearizable, as HTML")
	flag.Parse()
	settings, err := config.LoadDefaultConfig(
		context.Background(), config.WithRegion("us-east-1"), config.WithRetryer(func() aws.Retryer { return aws.NopRetryer{} }),
	)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	client := s3.NewFromConfig(settings, func(o *s3.Options) {
		o.BaseEndpoint = aws.String(os.Getenv("S3_ENDPOINT"))
		o.UsePathStyle = true
	})
	workers := make([]*worker, *clients)
	failures := make([]error, *clients)
	from := time.Now()
	until := from.Add(time.Duration(*seconds * float64(time.Second)))
	var running sync.WaitGroup
	for id := range workers {
		workers[id] = &worker{
			client: client, bucket: aws.String(os.Getenv("S3_BUCKET")), random: rand.New(rand.NewSource(*seed + int64(id))),
			keys: *keys, known: map[string]string{},
		}
		running.Add(1)
		go func() {
			defer running.Done()
			failures[id] = workers[id].run(id, from, until)
		}()
	}
	running.Wait()
	if err := errors.Join(failures...); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	var history []porcupine.Operation
	unknowns := 0
	for _, each := range workers {
		history = append(history, each.history...)
		unknowns += each.unknown
	}
	verdict, information := porcupine.CheckOperationsVerbose(model, history, 2*time.Minute)
	if verdict == porcupine.Illegal && *picture != "" {
		if err := porcupine.VisualizePath(model, information, *picture); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
	}
	written, _ := json.Marshal(map[string]any{"operations": len(history), "unknown": unknowns, "verdict": verdict})
	fmt.Println(string(written))
	switch verdict {
	case porcupine.Illegal:
		os.Exit(1)
	case porcupine.Unknown:
		os.Exit(2)
	}
}
