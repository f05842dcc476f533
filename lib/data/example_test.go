package data_test

import (
	"fmt"

	"scorelab/lib/data"
)

func ExampleDigits() {
	digits, err := data.Digits()
	if err != nil {
		fmt.Println(err)
		return
	}
	train, held, err := digits.Split(data.DigitsTrain)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(train.N, held.N, digits.H, digits.W, digits.Labels[:5])
	for row := range 11 { // every second row of the first digit
		for col := 4; col < 24; col++ {
			fmt.Print(string(".-+#"[data.Byte(digits.Image(0)[(2*row+5)*28+col])/64]))
		}
		fmt.Println()
	}
	// Output:
	// 9000 1000 28 28 [9 3 7 0 9]
	// ....................
	// ........#######+....
	// ......+#########+...
	// ......#########.....
	// .......+#######.....
	// .........-###-......
	// ........####-.......
	// .......####.........
	// ......####-.........
	// .....####-..........
	// ......+#-...........
}
