// Original file: proto/heliu/v1/transfer.proto


export interface AnsweredCall {
  'callId'?: (string);
  'output'?: ({[key: string]: string});
  'window'?: (string);
  'index'?: (number);
}

export interface AnsweredCall__Output {
  'callId': (string);
  'output': ({[key: string]: string});
  'window': (string);
  'index': (number);
}
