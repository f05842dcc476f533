package figure

import "slices"

// edge is a side of a grid cell: from node (i, j) to its right, or upwards.
type edge struct {
	i, j int
	up   bool
}

// isoline traces the lines of level z in node coordinates by marching squares. A closed line ends where it starts.
func isoline(f Field, z float64) [][][2]float64 {
	// Every crossed edge links to at most two others, one in each cell beside it.
	links := map[edge][]edge{}
	var order []edge // of first use, so that the result does not depend on the map
	join := func(a, b edge) {
		for _, e := range [...]edge{a, b} {
			if _, ok := links[e]; !ok {
				order = append(order, e)
			}
		}
		links[a], links[b] = append(links[a], b), append(links[b], a)
	}
	above := func(i, j int) bool { return f.Z[j*f.NX+i] > z }
	for j := range f.NY - 1 {
		for i := range f.NX - 1 {
			corners := [4]bool{above(i, j), above(i+1, j), above(i+1, j+1), above(i, j+1)}
			sides := [4]edge{{i, j, false}, {i + 1, j, true}, {i, j + 1, false}, {i, j, true}} // after each corner
			var crossed []edge
			for k := range 4 {
				if corners[k] != corners[(k+1)%4] {
					crossed = append(crossed, sides[k])
				}
			}
			switch {
			case len(crossed) == 2:
				join(crossed[0], crossed[1])
			case len(crossed) == 4 && (f.at(float64(i)+0.5, float64(j)+0.5) > z) == corners[0]:
				join(crossed[0], crossed[1]) // a saddle: the middle joins corners 0 and 2, and cuts off 1 and 3
				join(crossed[2], crossed[3])
			case len(crossed) == 4:
				join(crossed[3], crossed[0])
				join(crossed[1], crossed[2])
			}
		}
	}
	return f.chain(links, order, z)
}

// chain follows the links, first from the ends of open lines and then around closed ones.
func (f Field) chain(links map[edge][]edge, order []edge, z float64) [][][2]float64 {
	var lines [][][2]float64
	for _, wantEnd := range [...]bool{true, false} {
		for _, start := range order {
			if len(links[start]) == 0 || wantEnd && len(links[start]) != 1 {
				continue
			}
			line := [][2]float64{f.crossing(start, z)}
			for e := start; len(links[e]) > 0; {
				next := links[e][0]
				links[e] = links[e][1:]
				back := slices.Index(links[next], e)
				links[next] = slices.Delete(links[next], back, back+1)
				line = append(line, f.crossing(next, z))
				e = next
			}
			lines = append(lines, line)
		}
	}
	return lines
}

// crossing is the point on an edge where the interpolated field is z.
func (f Field) crossing(e edge, z float64) [2]float64 {
	a := f.Z[e.j*f.NX+e.i]
	if e.up {
		return [2]float64{float64(e.i), float64(e.j) + (z-a)/(f.Z[(e.j+1)*f.NX+e.i]-a)}
	}
	return [2]float64{float64(e.i) + (z-a)/(f.Z[e.j*f.NX+e.i+1]-a), float64(e.j)}
}
