// Checks the log part of a bundle with Go's own transparency-log packages (golang.org/x/mod/sumdb/note and tlog) and
// nothing of Heliu: checkpoint, cosignatures, every entry's inclusion, the numbering of the agreement's entries.
//
//	go run . -bundle FILE -log VKEY [-witness VKEY]… [-flip]
//
// -flip then alters every byte of the log part in turn and expects each alteration to be found.
package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type entry struct {
	Index string          `json:"index"`
	Leaf  json.RawMessage `json:"leaf"`
	Proof []string        `json:"proof"`
}

type consistency struct {
	Proof []string `json:"proof"`
	Root  string   `json:"root"`
	Size  string   `json:"size"`
}

// Members in canonical order, so that encoding it again gives the very bytes of the file.
type logPart struct {
	Checkpoint  string       `json:"checkpoint"`
	Consistency *consistency `json:"consistency"`
	Entries     []entry      `json:"entries"`
}

type bundle struct {
	AgreementID string          `json:"agreementId"`
	Log         json.RawMessage `json:"log"`
}

type leaf struct {
	Kind   string            `json:"kind"`
	Detail map[string]string `json:"detail"`
}

// cosigner verifies c2sp.org/tlog-cosignature (type 0x04), which the note package leaves to its users.
type cosigner struct {
	name string
	hash uint32
	key  ed25519.PublicKey
}

func (c cosigner) Name() string    { return c.name }
func (c cosigner) KeyHash() uint32 { return c.hash }
func (c cosigner) Verify(msg, sig []byte) bool {
	if len(sig) != 8+ed25519.SignatureSize {
		return false
	}
	text := fmt.Sprintf("cosignature/v1\ntime %d\n%s", binary.BigEndian.Uint64(sig), msg)
	return ed25519.Verify(c.key, []byte(text), sig[8:])
}

func verifierOf(vkey string) (note.Verifier, error) {
	name, rest, _ := strings.Cut(vkey, "+")
	id, encoded, _ := strings.Cut(rest, "+")
	key, err := base64.StdEncoding.Strict().DecodeString(encoded)
	if err != nil || len(key) != 33 {
		return nil, fmt.Errorf("key %s", vkey)
	}
	if key[0] == 0x01 {
		return note.NewVerifier(vkey)
	}
	sum := sha256.Sum256(append([]byte(name+"\n"), key...))
	if key[0] != 0x04 || hex.EncodeToString(sum[:4]) != id {
		return nil, fmt.Errorf("key %s", vkey)
	}
	return cosigner{name, binary.BigEndian.Uint32(sum[:4]), key[1:]}, nil
}

func hashes(encoded []string) ([]tlog.Hash, error) {
	all := make([]tlog.Hash, 0, len(encoded))
	for _, text := range encoded {
		h, err := tlog.ParseHash(text)
		if err != nil || h.String() != text {
			return nil, fmt.Errorf("hash %s", text)
		}
		all = append(all, h)
	}
	return all, nil
}

func check(file []byte, log note.Verifier, witnesses []note.Verifier) (string, error) {
	var b bundle
	if err := json.Unmarshal(file, &b); err != nil {
		return "", err
	}
	var part logPart
	decoder := json.NewDecoder(bytes.NewReader(b.Log))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&part); err != nil {
		return "", err
	}
	var again bytes.Buffer
	encoder := json.NewEncoder(&again)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(part); err != nil || !bytes.Equal(bytes.TrimSuffix(again.Bytes(), []byte("\n")), b.Log) {
		return "", errors.New("the log part is not canonical JSON")
	}
	opened, err := note.Open([]byte(part.Checkpoint), note.VerifierList(append(witnesses, log)...))
	if err != nil {
		return "", err
	}
	if len(opened.UnverifiedSigs) > 0 || len(opened.Sigs) != len(witnesses)+1 {
		return "", errors.New("a signature is missing, or is by an unknown key")
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != log.Name() {
		return "", errors.New("the form of a checkpoint, or another log")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || strconv.FormatInt(size, 10) != lines[1] {
		return "", errors.New("size")
	}
	root, err := tlog.ParseHash(lines[2])
	if err != nil || root.String() != lines[2] {
		return "", errors.New("root")
	}
	if err := checkEntries(part.Entries, b.AgreementID, size, root); err != nil {
		return "", err
	}
	if old := part.Consistency; old != nil {
		first, err := strconv.ParseInt(old.Size, 10, 64)
		proof, err2 := hashes(append([]string{old.Root}, old.Proof...))
		if err != nil || err2 != nil || tlog.CheckTree(proof[1:], size, root, first, proof[0]) != nil {
			return "", errors.New("the earlier log is not the beginning of this one")
		}
	}
	return fmt.Sprintf("holds: %d entries of %s in %s of size %d, %d witnesses",
		len(part.Entries), b.AgreementID, lines[0], size, len(witnesses)), nil
}

func checkEntries(entries []entry, agreementID string, size int64, root tlog.Hash) error {
	prev := strings.Repeat("0", 64)
	var last leaf
	for place, e := range entries {
		number := strconv.Itoa(place + 1)
		last = leaf{}
		if err := json.Unmarshal(e.Leaf, &last); err != nil {
			return err
		}
		if last.Detail["agreementId"] != agreementID || last.Detail["agreementSeq"] != number {
			return fmt.Errorf("entry %s is missing, moved, added or of another agreement", number)
		}
		index, err := strconv.ParseInt(e.Index, 10, 64)
		if err != nil || strconv.FormatInt(index, 10) != e.Index {
			return fmt.Errorf("entry %s: index", number)
		}
		proof, err := hashes(e.Proof)
		if err != nil {
			return err
		}
		hash := tlog.RecordHash(e.Leaf)
		if err := tlog.CheckRecord(proof, size, root, index, hash); err != nil {
			return fmt.Errorf("entry %s is not in the log: %w", number, err)
		}
		if last.Detail["agreementPrev"] != prev {
			return fmt.Errorf("entry %s does not follow the one before", number)
		}
		prev = hex.EncodeToString(hash[:])
	}
	end := last.Detail
	if last.Kind != "agreement.head" || end["lastSeq"] != strconv.Itoa(len(entries)-1) || end["lastLeaf"] != end["agreementPrev"] {
		return errors.New("the last entry is no head: the end may be cut off")
	}
	return nil
}

type list []string

func (l *list) String() string         { return strings.Join(*l, " ") }
func (l *list) Set(value string) error { *l = append(*l, value); return nil }

func main() {
	file := flag.String("bundle", "", "bundle that heliu audit export wrote")
	logKey := flag.String("log", "", "vkey of the log")
	flip := flag.Bool("flip", false, "alter every byte of the log part in turn")
	var witnessKeys list
	flag.Var(&witnessKeys, "witness", "vkey of a witness; all must have signed")
	flag.Parse()

	contents, err := os.ReadFile(*file)
	exitOn(err)
	log, err := verifierOf(*logKey)
	exitOn(err)
	var witnesses []note.Verifier
	for _, vkey := range witnessKeys {
		witness, err := verifierOf(vkey)
		exitOn(err)
		witnesses = append(witnesses, witness)
	}
	told, err := check(contents, log, witnesses)
	exitOn(err)
	fmt.Println(told)
	if *flip {
		from := bytes.Index(contents, []byte(`"log":{`)) + len(`"log":`)
		to := bytes.Index(contents[from:], []byte(`]},"periodId":`)) + from
		for place := from; place < to+2; place++ {
			before := contents[place]
			contents[place] ^= 1 << (place % 8)
			if _, err := check(contents, log, witnesses); err == nil {
				exitOn(fmt.Errorf("byte %d altered, and nothing noticed", place))
			}
			contents[place] = before
		}
		fmt.Printf("each of %d bytes of the log part, altered, was noticed\n", to+2-from)
	}
}

func exitOn(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "does not hold:", err)
		os.Exit(1)
	}
}
