package notebook

import (
	"bytes"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"image/png"
	"strings"
	"time"

	"github.com/janpfeifer/gonb/gonbui/protocol"

	"scorelab/lib/figure"
)

// stillColors and filmColors suffice for a heat map under a few lines, and keep a notebook below a megabyte.
const stillColors, filmColors = 160, 64

// Show shows a figure in its own size, with twice the pixels for high-density screens.
func Show(f figure.Figure) {
	const zoom = 2
	picture := Must(figure.SmallPNG(f, zoom, stillColors))
	size := Must(png.DecodeConfig(bytes.NewReader(picture)))
	sendSized(map[protocol.MIMEType]any{protocol.MIMEImagePNG: picture, protocol.MIMETextPlain: "[figure]"},
		map[string]any{string(protocol.MIMEImagePNG): map[string]int{"width": size.Width / zoom}})
}

// inline is a figure as an element of a page.
func inline(f figure.Figure) string {
	picture := base64.StdEncoding.EncodeToString(Must(figure.SmallPNG(f, 1, stillColors)))
	return fmt.Sprintf(`<img style="max-width:100%%" src="data:image/png;base64,%s">`, picture)
}

// Row shows panels side by side.
func Row(title string, panels ...figure.Panel) { Show(figure.Row(title, panels...)) }

// Frame is one picture of a film with its text beside the slider.
type Frame struct {
	Label  string
	Figure figure.Figure
}

//go:embed film.html
var filmPage string

var filmTemplate = template.Must(template.New("film").Parse(filmPage))

// Film shows pictures under a slider that switches between them. The slider needs no kernel. Without scripts it is a
// strip of stills, and without HTML an animation.
func Film(frames ...Frame) { filmOf(frames, send) }

// filmOf sends the film and returns its page.
func filmOf(frames []Frame, send func(forms map[protocol.MIMEType]any)) string {
	var shown []struct {
		Label string
		Data  template.URL
	}
	figures := make([]figure.Figure, len(frames))
	for i, f := range frames {
		figures[i] = f.Figure
		still := Must(figure.SmallPNG(f.Figure, 1, filmColors))
		shown = append(shown, struct {
			Label string
			Data  template.URL
		}{f.Label, template.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(still))})
	}
	var page strings.Builder
	Check(filmTemplate.Execute(&page, shown))
	send(map[protocol.MIMEType]any{
		protocol.MIMETextHTML: page.String(),
		protocol.MIMEImagePNG: Must(figure.SmallAPNG(figures, figure.Movie{Delay: 400 * time.Millisecond},
			filmColors)),
		protocol.MIMETextPlain: fmt.Sprintf("[film of %d pictures]", len(frames)),
	})
	return page.String()
}
