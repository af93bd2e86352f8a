// Original file: proto/heliu/v1/transfer.proto


export interface Text {
  'zh'?: (string);
  'en'?: (string);
}

export interface Text__Output {
  'zh': (string);
  'en': (string);
}
