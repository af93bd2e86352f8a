// Original file: proto/heliu/v1/transfer.proto


export interface Call {
  'callId'?: (string);
  'input'?: ({[key: string]: string});
}

export interface Call__Output {
  'callId': (string);
  'input': ({[key: string]: string});
}
