// Reads files as kubectl does (apimachinery's stream decoder over sigs.k8s.io/yaml), one JSON string a line, and
// answers a line each: the documents as JSON, and the error that ended the stream.
package main

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"os"
	"runtime/debug"

	"k8s.io/apimachinery/pkg/util/yaml"
)

type answer struct {
	Documents []json.RawMessage `json:"documents"`
	Error     string            `json:"error"`
}

// raw keeps a document's JSON, as runtime.RawExtension does for kubectl.
type raw struct{ bytes []byte }

func (r *raw) UnmarshalJSON(b []byte) error {
	r.bytes = append([]byte{}, b...)
	return nil
}

func main() {
	debug.SetMemoryLimit(2 << 30)
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := json.NewEncoder(os.Stdout)
	for {
		line, err := in.ReadBytes('\n')
		if err == io.EOF {
			return
		}
		var encoded string
		if err := json.Unmarshal(line, &encoded); err != nil {
			panic(err)
		}
		file, err := base64.StdEncoding.DecodeString(encoded)
		if err != nil {
			panic(err)
		}
		out.Encode(read(file))
	}
}

// read does what resource.StreamVisitor of k8s.io/cli-runtime does with a file.
func read(file []byte) (a answer) {
	a.Documents = []json.RawMessage{}
	decoder := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(file), 4096)
	for {
		document := raw{}
		if err := decoder.Decode(&document); err == io.EOF {
			return a
		} else if err != nil {
			a.Error = err.Error()
			return a
		}
		trimmed := bytes.TrimSpace(document.bytes)
		if len(trimmed) == 0 || bytes.Equal(trimmed, []byte("null")) {
			continue
		}
		a.Documents = append(a.Documents, trimmed)
	}
}
